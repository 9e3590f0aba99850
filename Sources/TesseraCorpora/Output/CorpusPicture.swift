internal import TesseraData

/// One picture of a made data set with what is said about it.
struct CorpusPicture: Sendable {
  /// The encoded picture, PNG.
  var png: [UInt8]
  /// Its captions: one, or one a language.
  var captions: [Caption]
  /// What a caption is asked for with, and the caption; none for no such file.
  var descriptions: [Question] = []
  var questions: [Question]
  /// Questions that are asked one after another in one conversation, besides; none for no conversation.
  var conversation: [Question] = []

  /// A caption, and what reports group it by.
  struct Caption: Sendable {
    var text: String
    var category: String?
  }

  /// A question with its answer, and what reports group it by.
  struct Question: Sendable {
    var text: String
    var answer: String
    var category: String
  }
}
