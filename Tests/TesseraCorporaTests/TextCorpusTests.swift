import Tessera
import TesseraCorpora
import TesseraData
import TestSupport
import Testing

@Suite struct TextCorpusTests {
  private func texts(_ bytes: [UInt8], _ split: TextSplit) throws -> [String] {
    let folder = try TemporaryFolder()
    try folder.write(bytes, "a.txt")
    let corpus = try TextCorpus(folder.path + "/a.txt", split: split)
    return try (0..<corpus.count).map { try corpus.sample(at: $0).text ?? "" }
  }

  @Test(
    "a file is a document, or its lines are, or its paragraphs",
    arguments: [
      ("a\nb\n\nc\n", ["a\nb\n\nc\n"], ["a", "b", "c"], ["a\nb", "c"]),
      ("a\r\nb\r\n\r\nc", ["a\r\nb\r\n\r\nc"], ["a", "b", "c"], ["a\r\nb", "c"]),
      ("\n\n \t\n  a  \n\n\n\nb", ["\n\n \t\n  a  \n\n\n\nb"], ["  a  ", "b"], ["  a  ", "b"]),
      ("\u{FEFF}é\n", ["é\n"], ["é"], ["é"]),
    ])
  func splits(text: String, file: [String], lines: [String], paragraphs: [String]) throws {
    #expect(try texts(Array(text.utf8), .file) == file)
    #expect(try texts(Array(text.utf8), .lines) == lines)
    #expect(try texts(Array(text.utf8), .paragraphs) == paragraphs)
  }

  @Test("blank files have no lines, and are one document that throws")
  func blank() throws {
    #expect(try texts([], .lines) == [])
    #expect(try texts(Array(" \n\n".utf8), .paragraphs) == [])
    #expect(words { _ = try texts([], .file) }.contains("the document is corrupt: it is empty"))
    #expect(words { _ = try texts(Array("\u{3000} \n".utf8), .file) }.contains("nothing but white space"))
  }

  @Test("a line that is not UTF-8 is that sample's error, with file, line and byte")
  func notUTF8() throws {
    let folder = try TemporaryFolder()
    try folder.write(Array("one\n\ntwo ".utf8) + [0xFF, 0x0A] + Array("three".utf8), "a.txt")
    let corpus = try TextCorpus(folder.path + "/a.txt", split: .lines)
    #expect(corpus.count == 3)
    #expect(try corpus.sample(at: 2).text == "three")
    #expect(try corpus.sample(at: 2).name == folder.path + "/a.txt, line 4")
    let error = words { _ = try corpus.sample(at: 1) }
    #expect(error.contains("a.txt, line 3"))
    #expect(error.contains("byte at 4"))
  }

  @Test("a document far into a file knows its line")
  func farLines() throws {
    let text = (0..<3000).map { "\n\(String(repeating: "x", count: $0 % 7)) t\($0)" }.joined(separator: "\n")
    let folder = try TemporaryFolder()
    try folder.write(text, "a.txt")
    let corpus = try TextCorpus(folder.path + "/a.txt", split: .lines)
    #expect(corpus.count == 3000)
    for index in [0, 1, 31, 32, 33, 1023, 1024, 2999] {
      let sample = try corpus.sample(at: index)
      #expect(sample.text?.hasSuffix(" t\(index)") == true)
      #expect(sample.name == folder.path + "/a.txt, line \(2 * index + 2)")
    }
  }

  @Test("a folder's texts are read in the order of their paths, those of inner folders too")
  func folder() throws {
    let folder = try TemporaryFolder()
    for name in ["b.txt", "a.txt", "z/c.txt"] { try folder.write("\(name)\nmore", name) }
    try folder.write("no text", "d.md")
    let whole = try TextCorpus(folder.path)
    #expect(
      try (0..<whole.count).map { try whole.sample(at: $0).text } == [
        "a.txt\nmore", "b.txt\nmore", "z/c.txt\nmore",
      ])
    let lines = try TextCorpus(folder.path, split: .lines)
    #expect(lines.count == 6)
    #expect(try lines.sample(at: 4).text == "z/c.txt")
    let empty = try TemporaryFolder()
    #expect(words { _ = try TextCorpus(empty.path) }.contains("one with .txt files"))
  }

  @Test("a file that was changed after it was listed is an error, not another text")
  func changed() throws {
    let folder = try TemporaryFolder()
    try folder.write("one\ntwo\n", "a.txt")
    let corpus = try TextCorpus(folder.path + "/a.txt", split: .lines)
    try folder.write("one and more\ntwo\n", "a.txt")
    #expect(words { _ = try corpus.sample(at: 1) }.contains("changed after it was listed"))
  }

  @Test("records have their own errors: no text, no string, empty")
  func records() throws {
    let folder = try TemporaryFolder()
    try folder.write(
      "{\"text\":\"one\"}\n{\"text\":\" \"}\n{\"txt\":\"x\"}\n{\"text\":[1]}\n{\"text\":\"fi\n{\"text\":\"six\"}\n",
      "a.jsonl")
    let corpus = try TextCorpus(folder.path + "/a.jsonl")
    #expect(corpus.count == 6)
    #expect(try corpus.sample(at: 0).text == "one")
    #expect(try corpus.sample(at: 5).text == "six")
    let errors = (1..<5).map { index in words { _ = try corpus.sample(at: index) } }
    for (index, expected) in [
      "line 2: the document is corrupt: it has nothing but white space",
      "line 3: the document is corrupt: it has no 'text'",
      "line 4: the document is corrupt: the 'text' must be a string, got an array", "line 5: JSON",
    ].enumerated() { #expect(errors[index].contains(expected), "\(errors[index])") }
    #expect(
      words { _ = try TextCorpus(folder.path + "/a.jsonl", split: .lines) }.contains("records are documents"))
  }

  @Test("the fingerprint tells texts, names and splits apart, and not where the folder lies")
  func fingerprints() throws {
    func fingerprint(_ text: String, _ name: String, _ split: TextSplit) throws -> Fingerprint {
      let folder = try TemporaryFolder()
      try folder.write(text, name)
      return try TextCorpus(folder.path, split: split).fingerprint()
    }
    let first = try fingerprint("a\nb", "x.txt", .file)
    #expect(try fingerprint("a\nb", "x.txt", .file) == first)
    #expect(try fingerprint("a\nc", "x.txt", .file) != first)
    #expect(try fingerprint("a\nb", "y.txt", .file) != first)
    #expect(try fingerprint("a\nb", "x.txt", .lines) != first)
  }
}
