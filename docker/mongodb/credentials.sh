#!/bin/sh
# Makes passwords and the key of the replica set, once, so that none is written in a file of the repository.
#
# MONGODB_CREDENTIALS_DIR  for the database: root_password, application_password, replica.key
# GATEWAY_CREDENTIALS_DIR  for the gateway: uri
# MONGODB_OWNER, GATEWAY_OWNER  numeric uid:gid of each; not set: whoever runs this
set -eu
umask 077

random() {
  head -c "$1" /dev/urandom | base64 | tr -d '\n' | tr '+/' '-_'
}

own() {
  if [ -n "$1" ]; then chown "$1" "$2"; fi
}

publish() {
  draft=$(dirname "$1")/.draft
  cat >"$draft"
  chmod 400 "$draft"
  own "$2" "$draft"
  mv -f "$draft" "$1"
}

mkdir -p "$MONGODB_CREDENTIALS_DIR" "$GATEWAY_CREDENTIALS_DIR"
chmod 755 "$GATEWAY_CREDENTIALS_DIR"
chmod 700 "$MONGODB_CREDENTIALS_DIR"
own "${MONGODB_OWNER:-}" "$MONGODB_CREDENTIALS_DIR"

# The last file to be made; with it, all are there.
if [ -s "$GATEWAY_CREDENTIALS_DIR/uri" ]; then exit 0; fi

password=$(random 33)
random 33 | publish "$MONGODB_CREDENTIALS_DIR/root_password" "${MONGODB_OWNER:-}"
echo "$password" | tr -d '\n' | publish "$MONGODB_CREDENTIALS_DIR/application_password" "${MONGODB_OWNER:-}"
head -c 756 /dev/urandom | base64 | publish "$MONGODB_CREDENTIALS_DIR/replica.key" "${MONGODB_OWNER:-}"
echo "mongodb://sealgate:$password@mongodb:27017/?replicaSet=rs0&authSource=admin&w=majority&journal=true" |
  publish "$GATEWAY_CREDENTIALS_DIR/uri" "${GATEWAY_OWNER:-}"
