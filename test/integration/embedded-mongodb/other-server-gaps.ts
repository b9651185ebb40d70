import type { ServerUnderTest } from '../../suites/mongodb-server/server-under-test.ts'

/** Where FerretDB 1.24 on SQLite is not MongoDB. */
export const ferretGaps: ServerUnderTest['gaps'] = {
  'other errors than MongoDB': [
    "refuses a transaction with MongoDB's own code",
    'refuses an argument it does not know',
    'refuses a second document of a unique value, and says which',
    'does not build a unique index over duplicates',
    'gives the key pattern and values of a duplicate',
    'gives the key value of a unique violation',
  ],
  'types it does not store': [
    'keeps a decimal exactly, through an update too',
    'keeps an array in an array exactly, through an update too',
    'keeps NaN exactly, through an update too',
    'keeps minus infinity exactly, through an update too',
    'keeps negative zero exactly, through an update too',
    'keeps code exactly, through an update too',
    'keeps MinKey exactly, through an update too',
    'keeps MaxKey exactly, through an update too',
    'compares longs and decimals without rounding',
    'knows the types of binary values, object ids and numbers',
    'computes with the types of numbers that MongoDB gives',
  ],
  'query and projection operators it does not have': [
    'finds $elemMatch',
    'counts $elemMatch',
    'compares two fields by $expr',
    'projects into arrays, with $slice, $elemMatch and $',
    'finds and updates with a projection',
  ],
  'update operators it does not have': [
    'updates by $push with $position, $sort and $slice',
    'updates by $pull by a condition',
    'updates by $unset in an array',
    'updates by $[] for every element',
    'updates by a pipeline',
    'updates the element that matched by $',
    'updates the elements that array filters choose',
  ],
  'updates that are not atomic': [
    'lets concurrent updates of one document all take effect',
    'lets only one of many conditional updates win',
  ],
  'unacknowledged writes that confuse the connection': ['takes unacknowledged writes'],
  'indexes without null, arrays, filters or a plan': [
    'takes any number of missing values in a sparse unique index, but one in another',
    'takes an array apart for a unique index',
    'holds a partial unique index only for the documents it covers',
    'uses an index for equality, ranges, sorts and alternatives',
  ],
  'stages it does not have or computes otherwise': [
    'computes $group with $sum',
    'computes $group with other accumulators',
    'computes $addFields and computed $project',
    'computes $replaceRoot, $unset and $sortByCount',
    'computes $facet',
    'computes $unwind that keeps empty arrays and gives positions',
    'joins by $lookup',
  ],
}

/** Where mongo-java-server 1.47 is not MongoDB. */
export const javaGaps: ServerUnderTest['gaps'] = {
  'no sessions, no strict arguments': [
    "refuses a transaction with MongoDB's own code",
    'refuses an argument it does not know',
  ],
  'it counts all documents of a failed insert as inserted': [
    'inserts in order up to the first error, or around errors when unordered',
  ],
  'it knows two subtypes of binary only': [
    'keeps a binary of a user-defined subtype exactly, through an update too',
  ],
  'operators it does not have': [
    'projects into arrays, with $slice, $elemMatch and $',
    'tests bits',
    'updates by $bit',
    'updates by a pipeline',
    'computes with the types of numbers that MongoDB gives',
    'computes $addFields and computed $project',
  ],
  'it closes the connection on unacknowledged writes': ['takes unacknowledged writes'],
  'duplicates without their key': [
    'gives the key pattern and values of a duplicate',
    'gives the key value of a unique violation',
  ],
  'indexes without embedded arrays, filters as MongoDB holds them, or a plan': [
    'takes an array apart for a unique index',
    'holds a partial unique index only for the documents it covers',
    'uses an index for equality, ranges, sorts and alternatives',
  ],
}
