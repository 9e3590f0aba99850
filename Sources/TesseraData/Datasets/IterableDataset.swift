/// Data that can only be read from its start: a pipe, an endless generator.
///
/// One reader takes samples in their order, under a lock; decoding is parallel. So threads change nothing, and
/// only ranks share the stream (rank r of R gets the samples r, r + R, …, each reading all of it). There is no way
/// to jump: a loader resumes by replay, reading and dropping what it has had.
public protocol IterableDataset: Sendable {
  /// Starts at the first sample of an epoch. The same epoch must give the same samples, or resuming cannot.
  ///
  /// - Throws: if the stream cannot be opened.
  func makeReader(epoch: UInt64) throws -> any SampleReader

  var classes: [String] { get }

  /// What tells this stream from others. By default the type's name.
  func fingerprint() throws -> Fingerprint
}

extension IterableDataset {
  public var classes: [String] { [] }
  public func fingerprint() throws -> Fingerprint { Fingerprint("\(Self.self)") }
}

/// A place in a stream of samples. Used by one thread at a time.
public protocol SampleReader: AnyObject {
  /// The next sample; nil at the end.
  ///
  /// - Throws: what is wrong with the next sample (a broken member); the one after it can then be asked for.
  ///   After an error that ends the stream, `next` returns nil.
  func next() throws -> Sample?
}
