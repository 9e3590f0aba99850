private import Foundation
internal import TesseraCore

/// A stream as a loader reads it: one reader, one sample after another, numbered; other ranks' samples dropped.
final class StreamFeed: Sendable {
  let dropsLast: Bool
  private let turn = NSLock()
  private let rank: Int
  private let ranks: Int
  private let reader: Reader

  /// - Parameters:
  ///   - skipping: samples of this rank that are read and dropped first: how a stream is resumed.
  init(_ reader: any SampleReader, rank: Int, of ranks: Int, skipping: Int, dropsLast: Bool) {
    self.reader = Reader(reader, toSkip: skipping)
    self.rank = rank
    self.ranks = ranks
    self.dropsLast = dropsLast
  }

  /// Waits until no other thread reads; `next` may be called until `endTurn`.
  func takeTurn() { turn.lock() }
  func endTurn() { turn.unlock() }

  /// The number of the sample that is read next. For the thread whose turn it is.
  var position: Int { reader.number }

  /// The next sample of this rank and its number in the whole stream; nil at the end.
  ///
  /// - Parameter isCancelled: asked before each sample is read.
  func next(_ isCancelled: () -> Bool) -> (Int, Result<Sample, TesseraError>?) {
    while !isCancelled() {
      let result: Result<Sample, TesseraError>
      do {
        guard let sample = try reader.reader.next() else { return (reader.number, nil) }
        result = .success(sample)
      } catch {
        result = .failure(TesseraError.of(error).with(index: reader.number, stage: .read))
      }
      let number = reader.number
      reader.number += 1
      guard number % ranks == rank else { continue }
      if reader.toSkip > 0 {
        reader.toSkip -= 1
        continue
      }
      return (number, result)
    }
    return (reader.number, nil)
  }

  // @unchecked: touched only by the thread whose turn it is.
  private final class Reader: @unchecked Sendable {
    let reader: any SampleReader
    var number = 0
    var toSkip: Int

    init(_ reader: any SampleReader, toSkip: Int) {
      self.reader = reader
      self.toSkip = toSkip
    }
  }
}
