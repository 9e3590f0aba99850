private import Foundation
public import TesseraCore

/// Tars to files: every regular member, under its own name, below one folder.
///
/// Nothing is written outside of the destination, whatever a tar says: absolute names, `..`, links and devices are
/// faults, and the destination must be new or empty, so that no link of somebody else's lies in it. A fault costs its
/// member only. Tars are read once from start to end, so pipes will do (`-` is standard input).
public struct UnpackJob: Sendable {
  /// Paths, URLs and lists, as for `WebDataset`; `-` is standard input.
  public var sources: [String]
  public var destination: String
  public var errorPolicy: PreprocessJob.ErrorPolicy = .stop
  /// What reads tars on servers; nil for one of its own.
  public var remote: RemoteStore?

  public init(_ sources: [String], destination: String) {
    self.sources = sources
    self.destination = destination
  }

  /// What was done.
  public struct Summary: Sendable, Equatable {
    /// Files written, and their bytes.
    public var files = 0
    public var bytes = 0
    public var faults: [TesseraError] = []
    public var isInterrupted = false
  }

  /// Unpacks all tars, in their order and their members' order.
  ///
  /// **Memory**: one block of a megabyte, however large a member.
  ///
  /// - Throws: `invalidArgument` for a destination with files in it, `io`, and the first fault if the policy is `stop`.
  public func run(control: JobControl = JobControl()) throws -> Summary {
    let paths = try ShardPaths.expand(sources)
    guard try DestinationState.isEmpty(destination) else {
      throw DestinationState.refusal(destination, "an empty or new folder", "one with files in it")
    }
    try FileIO.makeFolder(destination)
    var summary = Summary()
    for path in paths where !control.isCancelled { try unpack(path, control, &summary) }
    summary.isInterrupted = control.isCancelled
    return summary
  }

  private func unpack(_ path: String, _ control: JobControl, _ summary: inout Summary) throws {
    let input: any TarInput =
      path == "-"
      ? TarStreamInput(OpenFile(descriptor: STDIN_FILENO, name: "-", closes: false))
      : try TarStreamInput.open(path, remote)
    let path = input.path
    var scanner = TarScanner(input)
    while !control.isCancelled, let event = try scanner.next() {
      switch event {
      case .fault(let fault): try note(fault.error(in: path), &summary)
      case .member(let member):
        do {
          guard let count = try write(member, path, &scanner) else { continue }
          summary.bytes += count
          summary.files += 1
        } catch let error as TesseraError where Self.isOfMember(error) {
          try note(error, &summary)
        }
      }
    }
  }

  private func note(_ error: TesseraError, _ summary: inout Summary) throws {
    if errorPolicy == .stop { throw error }
    summary.faults.append(error)
  }

  /// A name that cannot be, or a member that ends early (the scanner tells of that one): not the disk's failure.
  private static func isOfMember(_ error: TesseraError) -> Bool {
    switch error.reason {
    case .invalidInput: true
    case .io(_, let code, _): [EEXIST, ENOTDIR, EISDIR, ENAMETOOLONG, EILSEQ].contains(code)
    default: false
    }
  }

  /// Writes one member aside and renames it; its size, or nil where there is nothing to write: the tar ends before it
  /// does (the scanner's next word is that fault, with what was expected), or it is a second shard's `__classes__`.
  private func write(
    _ member: TarScanner.Member, _ tar: String, _ scanner: inout TarScanner
  ) throws -> Int? {
    func fault(_ expected: String, _ got: String) -> TesseraError {
      let shown = String(decoding: member.name, as: UTF8.self)
      return TesseraError(
        .invalidInput(operation: "unpack", expected: expected, got: got), path: "\(tar)/\(shown)",
        stage: .write)
    }
    guard let name = String(validating: member.name, as: UTF8.self) else {
      throw fault("a name in UTF-8", "other bytes")
    }
    let target = destination + "/" + name
    guard !AtomicFile.isPart(member.name) else {
      throw fault("a name that does not end in \(AtomicFile.partSuffix)", "one of an unfinished file")
    }
    if member.name == TarWriter.classesName, try FileIO.sizeIfThere(target) != nil {
      // Every shard has the classes' names: the first shard's are there.
      return nil
    }
    guard try !FileIO.exists(target) else { throw fault("each name once", "one that is there already") }
    if let slash = target.lastIndex(of: "/") { try FileIO.makeFolder(String(target[..<slash])) }
    let out = try PartFile(target)
    var buffer = [UInt8](repeating: 0, count: min(max(member.size, 1), 1 << 20))
    var written = 0
    while written < member.size {
      let got = try buffer.withUnsafeMutableBytes { try scanner.readData(into: $0) }
      if got == 0 { return nil }
      try buffer.withUnsafeBytes { try out.file.write(UnsafeRawBufferPointer(rebasing: $0[..<got])) }
      written += got
    }
    try out.finish()
    return member.size
  }
}
