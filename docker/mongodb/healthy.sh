#!/bin/sh
# The health check of the database: begins the replica set of one node the first time, then asks for its primary.
set -eu

mongosh --quiet --norc --nodb --eval "
  const password = require('fs').readFileSync('/run/mongodb/root_password', 'utf8')
  const uri = 'mongodb://root:' + encodeURIComponent(password) + '@127.0.0.1:27017/admin?directConnection=true'
  const admin = connect(uri)
  try {
    admin.adminCommand({ replSetGetStatus: 1 })
  } catch (error) {
    if (error.codeName !== 'NotYetInitialized') throw error
    const members = [{ _id: 0, host: 'mongodb:27017' }]
    admin.adminCommand({ replSetInitiate: { _id: 'rs0', members } })
  }
  quit(admin.hello().isWritablePrimary ? 0 : 1)
"
