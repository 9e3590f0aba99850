private import Foundation
internal import TesseraCore

/// How many bits a model needs for each byte of a text: a loss that does not hang on the tokenizer.
public enum BitsPerByte {
  /// The bits per byte of texts.
  ///
  /// - Parameters:
  ///   - negativeLogLikelihood: the sum over all tokens that are predicted, in nats.
  ///   - bytes: the UTF-8 bytes of the text that those tokens stand for. An end-of-text token stands for none, though
  ///     its loss counts.
  /// - Throws: `invalidInput` for no bytes.
  public static func score(negativeLogLikelihood: Double, bytes: Int) throws -> Double {
    guard bytes > 0 else {
      throw TesseraError(
        .invalidInput(
          operation: "bits per byte", expected: "a text of at least one byte", got: "\(bytes) bytes"))
    }
    return negativeLogLikelihood / M_LN2 / Double(bytes)
  }

  /// The bits per byte of texts with their sums of losses in nats.
  public static func score(_ texts: [(text: String, negativeLogLikelihood: Double)]) throws -> Double {
    try score(
      negativeLogLikelihood: texts.reduce(0) { $0 + $1.negativeLogLikelihood },
      bytes: texts.reduce(0) { $0 + $1.text.utf8.count })
  }
}
