import Tessera
import TesseraCore
import TesseraData
import TestSupport

/// Small data sets for the tests of corpora.
enum CorpusTestData {
  /// A PNG of its own for each number.
  static func png(_ number: Int) throws -> [UInt8] {
    try PNGEncoder().encode(
      Pictures.noise(Size(width: 8, height: 6), .rgb, seed: UInt64(number)))
  }

  /// A folder with the pictures `0.png` … and, around them, a text file.
  static func folder(pictures: Int, _ file: String, _ text: String) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    for number in 0..<pictures { try folder.write(try png(number), "\(number).png") }
    try folder.write(text, file)
    return folder
  }

  /// One question about one picture, as a line of LLaVA's JSONL.
  static func question(_ picture: Int, _ question: String, _ answer: String, kind: String? = nil) -> String {
    let category = kind.map { ",\"question_type\":\"\($0)\"" } ?? ""
    return
      "{\"image\":\"\(picture).png\"\(category),\"conversations\":[{\"from\":\"human\",\"value\":\"<image>\\n"
      + "\(question)\"},{\"from\":\"gpt\",\"value\":\"\(answer)\"}]}\n"
  }

  /// One caption as a line of JSONL.
  static func caption(_ picture: Int, _ text: String) -> String {
    "{\"image\":\"\(picture).png\",\"caption\":\"\(text)\"}\n"
  }
}

/// What an error says, for tests of its words.
func words(_ body: () throws -> Void) -> String {
  do { try body() } catch { return "\(error)" }
  return "no error"
}
