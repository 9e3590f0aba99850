private import Foundation
internal import TesseraCore
internal import TesseraData

extension SampleFeed {
  /// Where the data stands, as text.
  func position() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(state()), as: UTF8.self)
  }

  /// Goes on where the data stood.
  ///
  /// - Throws: `corrupt` for a text that is none; `invalidInput` where the data is not what it was.
  func restore(position: String) throws {
    let state: LoaderState
    do { state = try JSONDecoder().decode(LoaderState.self, from: Data(position.utf8)) } catch {
      throw TesseraError(.corrupt(format: "the data's place", detail: "\(error)"))
    }
    do { try restore(state) } catch let error as TesseraError {
      guard case .invalidArgument(_, _, let got) = error.reason else { throw error }
      throw TesseraError(
        .invalidInput(
          operation: "going on with a training",
          expected: "the data that its checkpoint was made with (or another --output)",
          got: got),
        path: error.path)
    }
  }
}
