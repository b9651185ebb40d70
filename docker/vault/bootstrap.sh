#!/bin/sh
# Makes a fresh Vault ready for the gateway, and unseals it after a restart. May run any number of times.
#
# VAULT_ADDR             the server
# VAULT_KEYS_DIR         where the unseal key and the root token are kept; nobody else may read it
# GATEWAY_CREDENTIALS_DIR  where role_id and secret_id are put for the gateway
# GATEWAY_OWNER          numeric uid:gid that may read them; not set: whoever runs this
set -eu
umask 077

keys=$VAULT_KEYS_DIR/init.txt
prefix=sealgate

# The key types of the shipped schema. Another schema's are added here and in the policies below by the same line, and with
# SEALGATE_CACHE `session` too.
key_types='audit-log financial pii'
purposes='reveal mask index'

cat >&2 <<'WARNING'
============================================================================================
  This Vault is for a try on one machine. Its unseal key and its root token lie side by side in
  a Docker volume: whoever reads that volume reads every key.

  A real installation instead
    - unseals by a cloud KMS or HSM (auto-unseal), or by key holders with several shares,
    - revokes the root token after the set-up,
    - speaks TLS, keeps an audit device, and has more than one node,
    - gives each gateway a secret_id of its own, short-lived and response-wrapped.
============================================================================================
WARNING

# vault status: 0 unsealed, 2 sealed, 1 no answer
status() {
  code=0
  vault status >/dev/null 2>&1 || code=$?
  echo "$code"
}

attempts=0
while [ "$(status)" = 1 ]; do
  attempts=$((attempts + 1))
  if [ "$attempts" -gt 60 ]; then
    echo "Vault does not answer at $VAULT_ADDR" >&2
    exit 1
  fi
  sleep 1
done

mkdir -p "$VAULT_KEYS_DIR"
if vault operator init -status >/dev/null 2>&1; then
  if [ ! -s "$keys" ]; then
    echo "Vault was initialised before, but $keys is gone: restore it, or unseal and set up by hand" >&2
    exit 1
  fi
else
  vault operator init -key-shares=1 -key-threshold=1 >"$keys.draft"
  mv "$keys.draft" "$keys"
fi

if [ "$(status)" = 2 ]; then
  # From standard input, so that the key is in no list of processes.
  sed -n 's/^Unseal Key 1: //p' "$keys" | tr -d '\n' | vault write sys/unseal key=- >/dev/null
fi
VAULT_TOKEN=$(sed -n 's/^Initial Root Token: //p' "$keys")
export VAULT_TOKEN

# Unsealed, a node becomes active a moment later.
attempts=0
until vault token lookup >/dev/null 2>&1; do
  attempts=$((attempts + 1))
  if [ "$attempts" -gt 60 ]; then
    echo 'Vault does not become active, or refuses the root token' >&2
    exit 1
  fi
  sleep 1
done

vault read sys/mounts/transit >/dev/null 2>&1 || vault secrets enable transit >/dev/null
vault read sys/auth/approle >/dev/null 2>&1 || vault auth enable approle >/dev/null

# A line for each capability of each key by its exact path. Never `create` on encrypt: it makes mistyped keys silently.
allow() {
  printf 'path "transit/%s" { capabilities = ["%s"] }\n' "$1" "$2"
}

login_rights() {
  printf 'path "auth/token/lookup-self" { capabilities = ["read"] }\n'
  printf 'path "auth/token/renew-self" { capabilities = ["update"] }\n'
  printf 'path "sys/capabilities-self" { capabilities = ["update"] }\n'
}

all_uses() {
  allow "keys/$1" read
  allow "encrypt/$1" update
  allow "decrypt/$1" update
}

# What `sealgate keys` needs beside what the gateway may: new versions, data keys under them, and the end of old versions.
# `config` is shared with `deletion_allowed` and more, so its parameters are named.
operator_rights() {
  allow "keys/$1/rotate" update
  allow "rewrap/$1" update
  allow "keys/$1/trim" update
  printf 'path "transit/keys/%s/config" { capabilities = ["update"]\n' "$1"
  printf '  allowed_parameters = { "min_decryption_version" = [], "min_encryption_version" = [] } }\n'
}

full=$(login_rights)
mask_only=$(login_rights)
operator=
write_only=$(login_rights)
for key_type in $key_types; do
  for purpose in $purposes; do
    name=$prefix-$key_type-$purpose
    vault read "transit/keys/$name" >/dev/null 2>&1 ||
      vault write "transit/keys/$name" type=aes256-gcm96 derived=true convergent_encryption=false \
        exportable=false allow_plaintext_backup=false >/dev/null
    full="$full
$(all_uses "$name")"
    # Every kind of instance writes the audit log.
    case $key_type-$purpose in
      audit-log-*)
        mask_only="$mask_only
$(all_uses "$name")" ;;
      *-mask)
        mask_only="$mask_only
$(allow "keys/$name" read)
$(allow "decrypt/$name" update)" ;;
    esac
    write_only="$write_only
$(allow "keys/$name" read)
$(allow "encrypt/$name" update)"
    case $key_type-$purpose in
      audit-log-* | *-index)
        write_only="$write_only
$(allow "decrypt/$name" update)" ;;
    esac
    operator="$operator
$(operator_rights "$name")"
  done
done
echo "$full" | vault policy write "$prefix-full" - >/dev/null
echo "$mask_only" | vault policy write "$prefix-mask-only" - >/dev/null
echo "$write_only" | vault policy write "$prefix-write-only" - >/dev/null
echo "$full$operator" | vault policy write "$prefix-operator" - >/dev/null

for right in full mask-only write-only operator; do
  vault write "auth/approle/role/$prefix-$right" token_policies="$prefix-$right" token_no_default_policy=true \
    token_ttl=1h token_max_ttl=24h >/dev/null
done

# Whole files under their names, or none.
publish() {
  draft=$GATEWAY_CREDENTIALS_DIR/.$1.draft
  cat >"$draft"
  chmod 440 "$draft"
  if [ -n "${GATEWAY_OWNER:-}" ]; then chown "$GATEWAY_OWNER" "$draft"; fi
  mv -f "$draft" "$GATEWAY_CREDENTIALS_DIR/$1"
}

mkdir -p "$GATEWAY_CREDENTIALS_DIR"
chmod 755 "$GATEWAY_CREDENTIALS_DIR"
role=auth/approle/role/$prefix-full
vault read -field=role_id "$role/role-id" | publish role_id
secret_id=$GATEWAY_CREDENTIALS_DIR/secret_id
if ! { [ -s "$secret_id" ] && vault write "$role/secret-id/lookup" secret_id=- <"$secret_id" |
  grep -q secret_id_accessor; } >/dev/null 2>&1; then
  vault write -field=secret_id -f "$role/secret-id" | publish secret_id
fi

echo "Vault is ready for the gateway at $VAULT_ADDR" >&2
