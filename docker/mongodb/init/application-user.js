// Run by the image's entry point as root, once, on an empty database: the user that the gateway logs in as. It may read
// and write the two databases of the gateway, and nothing else: no other database, no users, no server commands.
const password = require('fs').readFileSync('/run/mongodb/application_password', 'utf8')

db.getSiblingDB('admin').createUser({
  user: 'sealgate',
  pwd: password,
  roles: [
    { role: 'readWrite', db: 'sealgate' },
    { role: 'readWrite', db: 'sealgate_keys' },
  ],
})
