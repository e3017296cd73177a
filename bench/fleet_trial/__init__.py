"""Edges, relays, a NATS cluster and the stand-in API as real programs on loopback, for scripts/fleet-demo, scripts/fleet-faults and bench/fleet."""
