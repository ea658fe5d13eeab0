"""A consumer of tier changes and churn alerts, to copy: one JSON line for each thing to act on, once.

Run: pip install -r requirements.txt
     KAFKA_BROKERS=... SCHEMA_REGISTRY_URL=... python consumer.py
"""

import io
import json
import os
import signal
import sys
import urllib.request
from functools import cache

from confluent_kafka import Consumer
from fastavro import parse_schema, schemaless_reader

PREFIX = os.environ.get("CLIENTELE_TOPIC_PREFIX", "")
TIER = PREFIX + "customer-value.tier-changed.v1"
CHURN = PREFIX + "customer-value.churn-alert.v1"
REGISTRY = os.environ.get("SCHEMA_REGISTRY_URL", "http://localhost:8081")


@cache
def schema_of(schema_id):
    """The schema a value was written with, asked for once."""
    with urllib.request.urlopen(f"{REGISTRY}/schemas/ids/{schema_id}", timeout=5) as answer:
        return parse_schema(json.loads(json.load(answer)["schema"]))


def decode(value):
    """Confluent framing: a zero byte, the schema id in four, then Avro."""
    if value[0] != 0:
        raise ValueError("not in the registry framing")
    return schemaless_reader(io.BytesIO(value[5:]), schema_of(int.from_bytes(value[1:5], "big")))


# What was acted on. In memory it is lost with the process: keep it where your effect is, in the same
# transaction, e.g. a table with eventId as its primary key.
acted = set()


def act(topic, transition):
    if transition["eventId"] in acted:
        return
    acted.add(transition["eventId"])
    is_tier = topic == TIER
    tier = transition.get("currentTier")
    line = {
        "about": "tier" if is_tier else "churn",
        "customerId": transition["customerId"],
        "sequence": transition["sequence"],
        "change": transition["direction"] if is_tier else transition["status"],
        "to": (tier["id"] if tier else None) if is_tier else transition["band"],
        # A control group shows what would have happened without you; history is no news.
        "hold": "control" if transition.get("control") else "backfill" if transition["backfill"] else None,
        "supersedes": transition["supersedes"],
        "eventId": transition["eventId"],
    }
    print(json.dumps(line), flush=True)


def main():
    consumer = Consumer(
        {
            "bootstrap.servers": os.environ.get("KAFKA_BROKERS", "localhost:9092"),
            "group.id": os.environ.get("GROUP_ID", "example-python"),
            "isolation.level": "read_committed",
            "auto.offset.reset": "earliest",
            # Committed below, after acting: a crash repeats, and `acted` makes repeating harmless.
            "enable.auto.commit": False,
        }
    )
    consumer.subscribe([TIER, CHURN])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        while True:
            message = consumer.poll(0.5)
            if message is None:
                continue
            if message.error():
                raise SystemExit(message.error())
            if message.value() is not None:
                act(message.topic(), decode(message.value()))
            consumer.commit(message)
    finally:
        consumer.close()


main()
