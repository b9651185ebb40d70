# Server mode for `docker compose`: one node, its data in a volume.

storage "raft" {
  path    = "/vault/file"
  node_id = "vault-1"
}

listener "tcp" {
  address         = "0.0.0.0:8200"
  cluster_address = "127.0.0.1:8201"

  # Only because nothing but Vault, its bootstrap and the gateway is on the internal network of docker-compose.yml, and
  # no port of it is published. Anywhere else: tls_cert_file and tls_key_file here, https and VAULT_CACERT there.
  tls_disable = true
}

api_addr     = "http://vault:8200"
cluster_addr = "https://127.0.0.1:8201"

# Raft maps its database into memory, so that locking all memory would lock that too: Vault asks for mlock to be off with
# it, and for no swap instead. docker-compose.yml gives this container none (memswap_limit).
disable_mlock = true

ui = false
