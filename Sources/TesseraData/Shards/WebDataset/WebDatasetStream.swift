private import Foundation
public import TesseraCodecs
internal import TesseraCore

/// Samples from tars read once from start to end, by WebDataset's rules: files, pipes, a descriptor. No index.
///
/// A sample's members are read into memory as they come; nothing else is kept. Samples and fields are those that
/// `WebDataset` gives for the same tars. A damaged member costs its sample: `next` throws in its place, and goes on.
///
///     let stream = try WebDatasetStream("-")               // curl … | a program
///     let reader = try stream.makeReader(epoch: 0)
///     while let sample = try reader.next() { … }
public struct WebDatasetStream: IterableDataset {
  private let inputs: [Input]
  private let fields: SampleFields
  private let remote: RemoteStore?
  /// Whether the descriptor or standard input was handed out: a pipe can be read once.
  private let isSpent = Guarded(false)

  enum Input: Sendable {
    case file(String)
    case descriptor(Int32)
  }

  /// Streams from files in their order.
  ///
  /// - Parameters:
  ///   - patterns: paths, URLs and lists as for `WebDataset`; `-` is standard input. Named pipes are fine.
  ///   - pictures: as for `WebDataset`.
  ///   - limits: the most bytes of a member, and of a sample; beyond them the sample fails and is skipped.
  ///   - remote: what reads tars on servers; nil for one of its own.
  /// - Throws: `invalidArgument` or `limitExceeded` for a pattern, `io` for a list.
  public init(
    _ patterns: String..., pictures: [String]? = nil, limits: DecodeLimits = DecodeLimits(),
    remote: RemoteStore? = nil
  ) throws {
    try self.init(patterns, pictures: pictures, limits: limits, remote: remote)
  }

  public init(
    _ patterns: [String], pictures: [String]? = nil, limits: DecodeLimits = DecodeLimits(),
    remote: RemoteStore? = nil
  ) throws {
    let paths = try ShardPaths.expand(patterns)
    inputs = paths.map { $0 == "-" ? .descriptor(STDIN_FILENO) : .file($0) }
    let isRemote = paths.contains { RemoteName.isRemote($0) }
    self.remote = isRemote ? try remote ?? RemoteStore() : nil
    fields = SampleFields(pictures: pictures, limits: limits)
  }

  /// Streams from an open file descriptor: a pipe, a socket. It stays the caller's to close, after the last sample.
  public init(
    fileDescriptor: Int32, pictures: [String]? = nil, limits: DecodeLimits = DecodeLimits()
  ) {
    inputs = [.descriptor(fileDescriptor)]
    remote = nil
    fields = SampleFields(pictures: pictures, limits: limits)
  }

  /// Starts at the first sample.
  ///
  /// - Throws: `invalidInput` for a second look at a descriptor or standard input.
  public func makeReader(epoch: UInt64) throws -> any SampleReader {
    let isPipe = inputs.contains { if case .descriptor = $0 { true } else { false } }
    if isPipe {
      let wasSpent = isSpent.withLock { spent -> Bool in
        defer { spent = true }
        return spent
      }
      if wasSpent {
        throw TesseraError(
          .invalidInput(
            operation: "a stream", expected: "files for a second epoch or a resume",
            got: "a pipe, which was read already"), stage: .read)
      }
    }
    return WebDatasetReader(inputs, fields, remote)
  }

  /// The paths in their order: what the tars hold is not known before they are read.
  public func fingerprint() throws -> Fingerprint {
    Fingerprint(
      ["WebDatasetStream"] + (fields.pictures ?? [])
        + inputs.map {
          switch $0 {
          // Without its query: a new signature is the same tar.
          case .file(let path): RemoteName.shown(path)
          case .descriptor: "-"
          }
        })
  }
}
