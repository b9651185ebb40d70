/** What `seal` puts behind a file's name and `open` takes away. */
export const sealedSuffix = '.sealed'
