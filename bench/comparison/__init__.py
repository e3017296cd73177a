"""The modules of bench/compare, which sends the same work through respand and other shippers in turn, and reports the results.

records.py     the records that are written, and the count of what arrived of them
processes.py   starts and ends programs, and measures their CPU time and memory
api.py         the stand-in API (`respand sink`), and nginx in front of it for TLS
writer.py      the application: writes records as fast as they are taken, or at a rate
contestant.py  a shipper in one configuration, and what it promises
peers/         one module for each shipper: where it is found, and its configurations
works.py       what is done with each contestant, and what is measured
rounds.py      the order of rounds, works and contestants, and the progress line
load.py        how busy other programs keep the machine meanwhile
summary.py     medians and ranges
table.py, chart.py, results.py   the report

They use Python's standard library only, and one thread, but for the reader of respand's acknowledgements. Times are in seconds,
sizes in bytes, unless a name says otherwise.
"""
