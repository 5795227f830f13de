# Five accounts in one second, and six in three seconds; and six of as many computers at once.
python3 - <<'END'
import json


def failed(time, user, computer):
    print(json.dumps({
        "@timestamp": f"2024-02-01T{time}Z",
        "event": {"category": ["authentication"], "type": ["start"], "outcome": "failure"},
        "user": {"name": f"user{user}"},
        "source": {"domain": computer},
    }))


for n in range(5):
    failed(f"09:00:00.{n}00", n, "SERVER1")
for n in range(6):
    failed(f"10:00:0{n * 6 // 10}.{n * 6 % 10}00", n, "SERVER1")
for n in range(6):
    failed("11:00:00.000", n, f"PC{n}")
END
