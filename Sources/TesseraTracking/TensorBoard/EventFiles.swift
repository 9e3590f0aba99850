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
    try AsideFile.names(in: folder).filter { $0.hasPrefix(prefix) && !$0.hasSuffix(AsideFile.suffix) }
      .sorted()
  }

  /// The seconds in a file's name; nil if there are none, or more than a clock shows.
  static func seconds(of name: String) -> Int? {
    let digits = name.dropFirst(prefix.count).prefix { $0 != "." }
    return digits.count <= 10 ? Int(digits) : nil
  }

  /// Where a first look finds nothing to cut, the file is not touched.
  private static func cut(_ path: String, after step: Int) throws -> Int {
    var isOurs: Bool?
    var count = 0
    let isTorn = try RecordFrame.forEach(in: path) { data, _ in
      if isOurs == nil { isOurs = EventRecord.isOurs(data) }
      if EventRecord.step(of: data) > step { count += 1 }
    }
    guard isOurs == true, count > 0 || isTorn else { return 0 }
    try AsideFile.write(path) { file in
      _ = try RecordFrame.forEach(in: path) { data, frame in
        if EventRecord.step(of: data) <= step { try file.append(frame) }
      }
    }
    return count + (isTorn ? 1 : 0)
  }
}
