/** Another embedded server has the folder. */
export class FolderInUseError extends Error {
  /** Where that server listens, on the loopback interface. */
  readonly port: number

  constructor(port: number) {
    super(`The folder is in use by another embedded MongoDB server, on port ${port}`)
    this.port = port
  }
}
