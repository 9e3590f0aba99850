internal import TesseraCore

/// What a check keeps of one sample.
struct SampleFacts: Sendable {
  /// What kind of training sample it is.
  enum Form: Sendable { case caption, conversation, text }

  /// One picture of it.
  struct Picture: Sendable {
    var digest: ContentDigest
    var size: Size
    var bytes: Int
  }

  /// Nil for a sample that could not be read.
  var form: Form?
  var problems: [CorpusProblem] = []
  var pictureCount = 0
  /// Those that could be read.
  var pictures: [Picture] = []
  var category: String?
  /// What is learned, as it is compared: without the case and the white space around it.
  var answers: [String] = []
  var words = 0
  var bytes = 0
  var answerWords = 0
  var tokens = 0
  /// Of all that is said.
  var text: ContentDigest?
  /// Of all pictures; nil where there are none or one cannot be read.
  var shown: ContentDigest?
  /// Of pictures and text.
  var whole: ContentDigest?
}
