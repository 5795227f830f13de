# A mail server signs in 60 people as the system; an administrator uses nineteen accounts in a morning's
# ten minutes.
python3 - <<'END'
import json


def told(number, time, sid, user):
    print(json.dumps({
        "EventID": 4648,
        "Channel": "Security",
        "SourceName": "Microsoft-Windows-Security-Auditing",
        "Hostname": "mail1",
        "RecordNumber": number,
        "@timestamp": f"2024-02-01T{time}.000Z",
        "SubjectUserSid": sid,
        "SubjectUserName": "somebody",
        "TargetUserName": user,
        "IpAddress": "-",
    }))


for n in range(60):
    told(n, f"08:00:{n:02}", "S-1-5-18", f"user{n}")
for n in range(19):
    told(100 + n, f"09:{n // 2:02}:{n % 2 * 30:02}", "S-1-5-21-1-2-3-500", f"user{n}")
END
