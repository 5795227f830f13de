# Seven accounts in one second from a computer that has a name and no address.
python3 - <<'END'
import json

for n in range(7):
    print(json.dumps({
        "@timestamp": f"2024-02-01T09:00:00.{n}00Z",
        "event": {"category": ["authentication"], "type": ["start"], "outcome": "failure"},
        "user": {"name": f"user{n}"},
        "source": {"domain": "WORKSTATION5"},
    }))
END
