#pragma once
// The commands of the program. Each function adds one command to the command line. If that is given, it runs in CLI11's
// callback, on the main thread, and leaves its exit status (program.h) in `exit_status`, which must outlive the parse.

namespace CLI {
class App;
}

namespace respand::cli {

void add_run_command(CLI::App& app, int& exit_status);
void add_check_command(CLI::App& app, int& exit_status);
void add_completion_command(CLI::App& app, int& exit_status);
void add_costs_command(CLI::App& app, int& exit_status);
void add_costs_merge_command(CLI::App& costs, int& exit_status);  // under `costs`
void add_price_command(CLI::App& costs, int& exit_status);        // under `costs`
void add_prices_command(CLI::App& costs, int& exit_status);       // under `costs`
void add_send_command(CLI::App& app, int& exit_status);
void add_dev_command(CLI::App& app, int& exit_status);
void add_doctor_command(CLI::App& app, int& exit_status);
void add_flare_command(CLI::App& app, int& exit_status);
void add_health_command(CLI::App& app, int& exit_status);
void add_dead_letters_command(CLI::App& app, int& exit_status);
void add_journal_command(CLI::App& app, int& exit_status);
void add_nats_command(CLI::App& app, int& exit_status);
void add_reload_command(CLI::App& app, int& exit_status);
void add_sink_command(CLI::App& app, int& exit_status);
void add_status_command(CLI::App& app, int& exit_status);
void add_tap_command(CLI::App& app, int& exit_status);
void add_test_command(CLI::App& app, int& exit_status);
void add_top_command(CLI::App& app, int& exit_status);
void add_version_command(CLI::App& app, int& exit_status);

}  // namespace respand::cli
