#!/bin/sh
# CrowdSec over a log of sshd, in a directory that is thrown away: crowdsec.sh LOG [ROOT]. Its leaky
# buckets count distinct accounts of an address in event time, so it can express what is asked. ROOT is
# where its package was unpacked. It talks to itself over 127.0.0.1:18080, and to nobody else.
set -eu
log=$1
root=${2:-}
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
hub=$root/usr/share/crowdsec/hub
cd "$directory"
mkdir -p parsers/s00-raw parsers/s01-parse parsers/s02-enrich scenarios data hub
cp -r "$root/etc/crowdsec/patterns" "$root/etc/crowdsec/simulation.yaml" .
cp "$hub/parsers/s00-raw/crowdsecurity/syslog-logs.yaml" parsers/s00-raw/
cp "$hub/parsers/s01-parse/crowdsecurity/sshd-logs.yaml" parsers/s01-parse/
cp "$hub/parsers/s02-enrich/crowdsecurity/dateparse-enrich.yaml" parsers/s02-enrich/
echo '{"parsers":{},"scenarios":{},"collections":{},"postoverflows":{}}' >hub/.index.json
echo '{}' >console.yaml
echo 'url: http://127.0.0.1:18080' >credentials.yaml
cat >profiles.yaml <<END
name: none
filters: ["false"]
on_success: break
END
cat >scenarios/spray.yaml <<END
type: leaky
name: peers/ssh-spray
description: Failed attempts on many accounts from one address
filter: evt.Meta.log_type == 'ssh_failed-auth'
groupby: evt.Meta.source_ip
distinct: evt.Meta.target_user
leakspeed: 3m
capacity: 19
blackhole: 1m
labels: {service: ssh, remediation: false}
END
cat >config.yaml <<END
common: {daemonize: false, log_media: stdout, log_level: error, working_dir: .}
config_paths:
  config_dir: $directory
  data_dir: $directory/data
  simulation_path: $directory/simulation.yaml
  hub_dir: $directory/hub
  index_path: $directory/hub/.index.json
crowdsec_service: {parser_routines: 1}
cscli: {output: human}
db_config: {type: sqlite, db_path: $directory/data/crowdsec.db, use_wal: true}
api:
  client: {credentials_path: $directory/credentials.yaml}
  server:
    log_level: error
    listen_uri: 127.0.0.1:18080
    profiles_path: $directory/profiles.yaml
    console_path: $directory/console.yaml
END
"$root/usr/bin/cscli" -c config.yaml machines add peers --auto --force >said 2>&1 || {
    cat said >&2
    exit 1
}
"$root/usr/bin/crowdsec" -c config.yaml -dsn "file://$log" -type syslog >said 2>&1 || {
    cat said >&2
    exit 1
}
