# Somebody tries a list of twenty accounts, one every ten seconds, from where they sit.
python3 - <<'END'
import json

for n in range(20):
    print(json.dumps({
        "EventID": 4648,
        "Channel": "Security",
        "SourceName": "Microsoft-Windows-Security-Auditing",
        "Hostname": "ws7",
        "RecordNumber": 100 + n,
        "@timestamp": f"2024-02-01T09:{n // 6:02}:{n % 6 * 10:02}.000Z",
        "SubjectUserSid": "S-1-5-21-1-2-3-1104",
        "SubjectUserName": "mallory",
        "TargetUserName": f"user{n}",
        "TargetServerName": "localhost",
        "IpAddress": "-",
    }))
END
