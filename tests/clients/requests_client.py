"""What Python programs post, with the requests library: LogAPI's single logs, a batch, spans of an exporter.

    python3 requests_client.py BASE_URL COUNT
"""

import gzip
import json
import sys

import requests

base, count = sys.argv[1], int(sys.argv[2])
session = requests.Session()
session.headers["Authorization"] = "Bearer key-of-the-client"


def taken(answer, expected):
    if answer.status_code != 200 or answer.json() != expected:
        sys.exit(f"{answer.request.path_url}: {answer.status_code} {answer.text}")


success = {"message": "log successful"}
for number in range(count):
    record = {"model": "gpt-4o", "custom_identifier": f"requests-{number}", "completion_message": {"content": "é" * 10}}
    taken(session.post(f"{base}/request-logs/create/", json=record), success)
logs = [{"model": "gpt-4o", "custom_identifier": f"batch-{number}"} for number in range(count)]
results = {"results": [{"index": number, "status": "success"} for number in range(count)]}
taken(session.post(f"{base}/request-logs/batch/create", json={"logs": logs}), results)
spans = [{"span_unique_id": f"span-{number}", "trace_unique_id": "t"} for number in range(count)]
taken(session.post(f"{base}/v1/traces/ingest", json=spans), success)
packed = gzip.compress(json.dumps({"data": spans}).encode())
headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
taken(session.post(f"{base}/v1/traces/ingest/", data=packed, headers=headers), success)
# A generator is posted in chunks.
lines = (json.dumps(record).encode() + b"\n" for record in logs)
taken(session.post(f"{base}/request-logs/create/", data=lines, headers={"Content-Type": "application/x-ndjson"}), success)
print("all taken")
