"""One module for each shipper: find() says where it is and which configurations of it take part.

All are set up to do the same: take lines from one socket and post them as they are, with no limit of their own in the way of
it, to keep what can't be posted and try it again each second, for ever, and to make the writer wait rather than lose a record.
"""
from . import fluent_bit, otelcol, respand, rsyslog, syslog_ng, vector

# In the order of the table.
ALL = {"respand": respand, "fluent-bit": fluent_bit, "syslog-ng": syslog_ng, "rsyslog": rsyslog, "vector": vector, "otelcol": otelcol}
