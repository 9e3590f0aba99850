private import Foundation
internal import TesseraCore

/// The event files of earlier processes.
enum EventFiles {
  /// Cuts records past a step from the files that we wrote in a folder; a file is written aside and renamed.
  ///
  /// - Returns: how many records went, torn ones included.
  static func cut(in folder: String, after step: Int) throws -> Int {
    var count = 0
    for name in try names(in: folder) { count += try cut("\(folder)/\(name)", after: step) }
    return count
  }

  /// What the names of event files begin with.
  static let prefix = "events.out.tfevents."

  /// The event files of a folder, in the order in which they are read.
  static func names(in folder: String) throws -> [String] {
    do {
      return try FileManager.default.contentsOfDirectory(atPath: folder).filter {
        $0.hasPrefix(prefix) && !$0.hasSuffix(partSuffix)
      }.sorted()
    } catch {
      throw TesseraError(.io(operation: "list", code: 0, message: error.localizedDescription), path: folder)
    }
  }

  /// The seconds in a file's name; nil if there are none, or more than a clock shows.
  static func seconds(of name: String) -> Int? {
    let digits = name.dropFirst(prefix.count).prefix { $0 != "." }
    return digits.count <= 10 ? Int(digits) : nil
  }

  private static let partSuffix = ".tessera-part"

  /// Where a first look finds nothing to cut, the file is not touched.
  private static func cut(_ path: String, after step: Int) throws -> Int {
    var isOurs: Bool?
    var count = 0
    let isTorn = try RecordFrame.forEach(in: path) { data, _ in
      if isOurs == nil { isOurs = EventRecord.isOurs(data) }
      if EventRecord.step(of: data) > step { count += 1 }
    }
    guard isOurs == true, count > 0 || isTorn else { return 0 }
    let part = path + partSuffix
    do {
      try writePart(part, of: path, upTo: step)
      guard rename(part, path) == 0 else { throw AppendFile.lastError("rename", path) }
    } catch {
      unlink(part)
      throw error
    }
    return count + (isTorn ? 1 : 0)
  }

  private static func writePart(_ part: String, of path: String, upTo step: Int) throws {
    guard let file = fopen(part, "wbe") else { throw AppendFile.lastError("create", path) }
    do {
      _ = try RecordFrame.forEach(in: path) { data, frame in
        guard EventRecord.step(of: data) <= step else { return }
        guard fwrite(frame, 1, frame.count, file) == frame.count else {
          throw AppendFile.lastError("write", path)
        }
      }
      guard fflush(file) == 0, fsync(fileno(file)) == 0 else { throw AppendFile.lastError("write", path) }
    } catch {
      fclose(file)
      throw error
    }
    guard fclose(file) == 0 else { throw AppendFile.lastError("close", path) }
  }
}
