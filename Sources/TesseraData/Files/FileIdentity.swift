/// What tells one file or folder from all others on a machine.
package struct FileIdentity: Hashable, Sendable {
  var device: UInt64
  var inode: UInt64
}
