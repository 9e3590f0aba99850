internal import TesseraCore

/// Where a tar's bytes come from: a file, or something that can only be read on.
protocol TarInput: AnyObject {
  /// What errors call it.
  var path: String { get }
  /// Bytes from the tar's start.
  var position: Int { get }
  /// Fills the buffer and moves on; less only at the end.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int
  /// Moves on; how many of these bytes there were.
  func skip(_ count: Int) throws -> Int
}

/// A tar in a file, or on a server: what is skipped is not read.
final class TarFileInput: TarInput {
  let path: String
  private(set) var position = 0
  private let file: any ByteSource
  private let size: Int
  /// Bytes read ahead, so that small members and their headers cost one call: a page or two.
  private var window: [UInt8]
  private var windowStart = 0
  private var windowCount = 0

  init(_ file: any ByteSource, size: Int) {
    self.file = file
    self.size = size
    path = file.path
    window = [UInt8](repeating: 0, count: 8192)
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    var done = 0
    while done < buffer.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
      let inside = position - windowStart
      if inside >= 0, inside < windowCount {
        let count = min(rest.count, windowCount - inside)
        window.withUnsafeBytes {
          rest.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[inside..<inside + count]))
        }
        position += count
        done += count
      } else if rest.count >= window.count {
        let got = try file.read(into: rest, at: position)
        position += got
        return done + got
      } else {
        windowStart = position
        windowCount = try window.withUnsafeMutableBytes { try file.read(into: $0, at: position) }
        if windowCount == 0 { break }
      }
    }
    return done
  }

  func skip(_ count: Int) throws -> Int {
    let there = min(count, max(size - position, 0))
    position += there
    return there
  }
}

/// A tar that comes through a pipe: what is skipped is read and dropped.
final class TarStreamInput: TarInput {
  var path: String { file.path }
  private(set) var position = 0
  private let file: OpenFile
  private var scratch: [UInt8] = []

  init(_ file: OpenFile) { self.file = file }

  /// A tar to be read once: a file or a pipe, or one on a server, which comes piece by piece.
  static func open(_ path: String, _ store: RemoteStore?) throws -> any TarInput {
    guard RemoteName.isRemote(path) else { return TarStreamInput(try OpenFile(reading: path)) }
    let file = try (try store ?? RemoteStore()).open(path)
    return TarFileInput(file, size: file.byteCount)
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    let got = try file.read(into: buffer)
    position += got
    return got
  }

  func skip(_ count: Int) throws -> Int {
    if scratch.isEmpty && count > 0 { scratch = [UInt8](repeating: 0, count: 1 << 16) }
    var left = count
    while left > 0 {
      let wanted = min(left, scratch.count)
      let got = try scratch.withUnsafeMutableBytes {
        try file.read(into: UnsafeMutableRawBufferPointer(rebasing: $0[..<wanted]))
      }
      position += got
      left -= got
      if got < wanted { break }
    }
    return count - left
  }
}
