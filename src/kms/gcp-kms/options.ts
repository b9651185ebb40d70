export interface GcpKmsOptions {
  readonly provider: 'gcp-kms'
}
