internal import TesseraCore

extension ShapesScene {
  /// The wordings in which a description is asked for.
  public static let requests = [
    "Describe the picture.", "What is in the picture?", "What do you see?", "Tell me what the picture shows.",
  ]

  /// What a description of this scene is asked for with: one of `requests`, all of them equally often.
  public var request: String {
    var stream = RandomStream(random).operation(Operation.request)
    return Self.requests[stream.integer(in: 0...Self.requests.count - 1)]
  }
}
