"""What bench/compare is made of: the same work through respand and through other shippers, by turns, and the results of it.

records.py     the records that are written, and the count of what arrived of them
processes.py   programs that are started here, what they take of the machine, and their end
api.py         the stand-in API (`respand sink`), and nginx in front of it for TLS
writer.py      the application: writes records as fast as they are taken, or at a rate
contestant.py  a shipper in one configuration, and what it promises
peers/         one module for each shipper: where it is found, and its configurations
works.py       what is done with each contestant, and what is measured
rounds.py      the order of all this, and the progress line
load.py        what others do on the machine meanwhile
summary.py     medians and ranges
table.py, chart.py, results.py   what is written about it

Python's standard library only. One thread, but for the reader of respand's acknowledgements. Times are in seconds, sizes in
bytes, unless a name says otherwise.
"""
