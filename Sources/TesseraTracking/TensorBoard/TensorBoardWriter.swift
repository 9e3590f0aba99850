private import Foundation
private import Synchronization
internal import TesseraCore

/// Writes event files that TensorBoard opens: numbers, texts and pictures by step.
///
/// A process writes one file, named as TensorBoard's own writers name theirs. TensorBoard shows a folder as one run: give
/// each stage its own folder, or steps that go on counting.
public final class TensorBoardWriter: Sendable {
  /// The file that this process writes.
  public let path: String
  /// How many records past the step of a resume were cut from the files of earlier processes, torn ones included.
  public let cutRecords: Int
  private let file: AppendFile
  private static let count = Atomic<Int>(0)

  /// Starts a file in a folder, which is made if there is none.
  ///
  /// - Parameter step: where the run goes on. Records past it are cut from files that a `TensorBoardWriter` wrote here
  ///   before (those of other programs stay as they are), and a reader that has already shown them is told to drop them.
  /// - Throws: `io` with the path.
  public init(folder: String, resumingAfter step: Int? = nil) throws {
    try AsideFile.makeFolder(folder)
    cutRecords = try step.map { try EventFiles.cut(in: folder, after: $0) } ?? 0
    file = try Self.newFile(in: folder)
    path = file.path
    try write(EventRecord.fileVersion(time: Self.now))
    // A reader takes the first start that it meets for the run's beginning, and only later ones for a resume.
    try write(EventRecord.start(step: step.map { $0 + 1 } ?? 0, time: Self.now))
  }

  /// Adds a number; TensorBoard keeps it in single precision.
  public func scalar(_ tag: String, _ value: Double, step: Int) throws {
    try scalars([(tag, value)], step: step)
  }

  /// Adds numbers of one step.
  public func scalars(_ values: [(tag: String, value: Double)], step: Int) throws {
    try write(
      EventRecord.scalars(values.map { (tag: $0.tag, value: Float($0.value)) }, step: step, time: Self.now))
  }

  /// Adds a text, which TensorBoard reads as Markdown.
  public func text(_ tag: String, _ markdown: String, step: Int) throws {
    try write(EventRecord.text(tag, markdown, step: step, time: Self.now))
  }

  /// Adds a picture.
  ///
  /// - Throws: `invalidInput` if the bytes are no PNG file.
  public func image(_ tag: String, png: [UInt8], step: Int) throws {
    try write(EventRecord.image(tag, try PNGHeader(png), png, step: step, time: Self.now))
  }

  /// Waits until the disk has everything. Other processes see each record at once without it.
  public func sync() throws { try file.sync() }

  /// Closes the file.
  public func close() throws { try file.close() }

  private func write(_ event: [UInt8]) throws { try file.append(RecordFrame.of(event)) }

  private static var now: Double { Date().timeIntervalSince1970 }

  /// `events.out.tfevents.<seconds>.<host>.<process>.<count>`.
  ///
  /// Readers go through a folder's files in the order of their names, so the seconds are those of no file before: a
  /// process that starts in the second in which the last one did, or after the clock was set back, comes last too.
  private static func newFile(in folder: String) throws -> AppendFile {
    // A host's name has no slash; one that has would lead out of the folder.
    let host = ProcessInfo.processInfo.hostName.replacing("/", with: "-")
    let latest = try EventFiles.names(in: folder).compactMap { EventFiles.seconds(of: $0) }.max() ?? 0
    while true {
      let number = count.wrappingAdd(1, ordering: .relaxed).oldValue
      let seconds = String(max(Int(now), latest + 1))
      let padded = String(repeating: "0", count: max(10 - seconds.count, 0)) + seconds
      let name = "\(EventFiles.prefix)\(padded).\(host).\(getpid()).\(number)"
      do {
        return try AppendFile("\(folder)/\(name)", isNew: true)
      } catch let error as TesseraError {
        // A process of the same number in another container, in the same second.
        guard case .io(_, EEXIST, _) = error.reason else { throw error }
      }
    }
  }
}
