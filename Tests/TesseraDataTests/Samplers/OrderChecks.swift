import Tessera
import Testing

extension SampleOrder {
  /// All keys of the order.
  var keys: [SampleKey] { (0..<count).map { self[$0] } }
  /// All indices of the order.
  var indices: [Int] { (0..<count).map { self[$0].index } }
}

extension BatchOrder {
  /// All batches of the order.
  var keys: [[SampleKey]] { (0..<count).map { self[$0] } }
  /// All indices of the order, batch by batch.
  var indices: [[Int]] { (0..<count).map { self[$0].map(\.index) } }
}

/// Expects `invalidArgument` of a name.
func expectInvalid(
  _ name: String, _ body: () throws -> Void, sourceLocation: Testing.SourceLocation = #_sourceLocation
) {
  let error = #expect(throws: TesseraError.self, sourceLocation: sourceLocation) { try body() }
  guard case .invalidArgument(let got, _, _)? = error?.reason else {
    Issue.record("\(String(describing: error)) is not about an argument", sourceLocation: sourceLocation)
    return
  }
  #expect(got == name, sourceLocation: sourceLocation)
}
