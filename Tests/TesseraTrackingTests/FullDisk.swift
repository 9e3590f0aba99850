import Foundation
import TestSupport

/// A file system of a few kilobytes, in memory; gone when the test lets go of it.
final class FullDisk {
  let path: String
  private let folder: TemporaryFolder

  /// Whether one can be made: only root may.
  static let canMount: Bool = {
    do {
      _ = try FullDisk(kilobytes: 64)
      return true
    } catch { return false }
  }()

  init(kilobytes: Int) throws {
    folder = try TemporaryFolder()
    path = folder.path
    try Self.run("mount", "-t", "tmpfs", "-o", "size=\(kilobytes)k", "tmpfs", path)
  }

  /// Makes room.
  func grow() throws { try Self.run("mount", "-o", "remount,size=100m", path) }

  deinit {
    do { try Self.run("umount", path) } catch { print("\(error)") }
  }

  private static func run(_ arguments: String...) throws {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = arguments
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw CocoaError(.fileWriteUnknown, userInfo: ["arguments": arguments])
    }
  }
}
