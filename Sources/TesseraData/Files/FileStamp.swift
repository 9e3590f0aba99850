private import Foundation

/// What the file system says of a file's state.
package struct FileStamp: Sendable {
  package var size: Int
  /// What changes when a file is written, replaced or touched: its size, device and inode, and when its contents and its
  /// entry last changed.
  package var numbers: [Int]

  /// Looks at a file, links followed; nil if there is none.
  package init?(_ path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    size = Int(status.st_size)
    numbers = [
      size, Int(bitPattern: UInt(status.st_dev)), Int(bitPattern: UInt(status.st_ino)),
      Int(status.st_mtim.tv_sec), Int(status.st_mtim.tv_nsec), Int(status.st_ctim.tv_sec),
      Int(status.st_ctim.tv_nsec),
    ]
  }
}
