/// Something that happened in a run and that its reader should know.
public struct RunEvent: Sendable, Equatable {
  public var stage: String
  public var step: Int
  public var message: String
  public var isWarning: Bool

  public init(stage: String, step: Int, _ message: String, isWarning: Bool = false) {
    (self.stage, self.step, self.message, self.isWarning) = (stage, step, message, isWarning)
  }
}

extension RunEvent {
  var html: String {
    "<li class=\"\(isWarning ? "warning" : "plain")\"><span class=\"step\">\(HTML.escaped(stage)) \(step)</span>"
      + "<span class=\"sign\">\(isWarning ? "⚠" : "·")</span><span class=\"text\">\(HTML.foreign(message))</span></li>"
  }
}
