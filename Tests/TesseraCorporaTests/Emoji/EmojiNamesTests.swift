import TestSupport
import Tessera
import TesseraCorpora
import Testing

@Suite struct EmojiNamesTests {
  private func names(_ body: String) throws -> EmojiNames {
    try EmojiNames("en", xml: Array("<ldml><annotations>\(body)</annotations></ldml>".utf8))
  }

  @Test("names are the annotations of type tts of one character")
  func tts() throws {
    let names = try names(
      """
      <annotation cp="☀">bright | rays</annotation>
      <annotation cp="☀" type="tts">sun</annotation>
      <annotation cp='👨‍👩‍👦' type='tts'>family</annotation>
      <annotation cp="&amp;" type="tts" draft="contributed">ampersand</annotation>
      <annotation cp="♥" type="tts">↑↑↑</annotation>
      <annotation cp="⌚" type="tts">
        a&#x20;<![CDATA[<watch>]]> &lt;&#49;&gt;<!-- of the wrist -->
      </annotation>
      """)
    #expect(names["☀"] == "sun")
    #expect(names["&"] == "ampersand")
    #expect(names["⌚"] == "a <watch> <1>")
    #expect(names["♥"] == nil)
    #expect(names.scalars == ["&", "⌚", "☀"])
  }

  @Test("a prologue, a document type and comments are passed over")
  func prologue() throws {
    let text = """
      \u{FEFF}<?xml version="1.0" encoding="UTF-8" ?>
      <!DOCTYPE ldml SYSTEM "../../common/dtd/ldml.dtd">
      <!-- Warnings: All cp values have U+FE0F characters removed. -->
      <ldml><identity/><annotations><annotation cp="☀" type="tts">sun</annotation></annotations></ldml>
      <!-- the end -->

      """
    #expect(try EmojiNames("en", xml: Array(text.utf8))["☀"] == "sun")
  }

  @Test(
    "what is no XML is an error that says the line",
    arguments: [
      ("", "line 1"), ("<a>", "inside of <a>"), ("<a>\n</b>", "line 2: </b> closes <a>"),
      ("<a></a><b></b>", "follows"),
      ("text", "outside"), ("<a b=1></a>", "no quotes"), ("<a b='1' b='2'/>", "twice"),
      ("<a b='1'c='2'/>", "space"),
      ("<a>&nbsp;</a>", "&nbsp; is unknown"), ("<a>& b</a>", "no entity"), ("<a>&#0;</a>", "unknown"),
      ("<a>&#xD800;</a>", "unknown"), ("<a><!-- </a>", "a comment does not end"),
      ("<a b='<'/>", "does not end"),
      ("<1/>", "a name must stand here"), ("<a b></a>", "no '='"), ("</a>", "closes <nothing>"),
      ("<", "a name"),
    ])
  func broken(_ text: String, _ words: String) throws {
    do {
      _ = try EmojiNames("en", xml: Array(text.utf8))
      Issue.record("no error for \(text)")
    } catch let error as TesseraError { #expect("\(error)".contains(words), "\(error)") }
  }

  @Test("entities of a document type, bytes that are not UTF-8 and bottomless nesting are refused")
  func refused() throws {
    for bytes in [
      Array("<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>".utf8), [0x3C, 0x61, 0x3E, 0xFF],
      Array(String(repeating: "<a>", count: 100_000).utf8),
    ] {
      #expect(throws: TesseraError.self) { try EmojiNames("en", xml: bytes) }
    }
  }

  @Test("XML that is cut short anywhere is an error, never a crash or a part")
  func cut() throws {
    let whole = Array(
      "<?xml version='1.0'?><!DOCTYPE l><l><!-- c --><annotation cp='&amp;' type='tts'>a<![CDATA[b]]></annotation></l>"
        .utf8)
    for length in 0..<whole.count {
      #expect(throws: TesseraError.self) { try EmojiNames("en", xml: Array(whole[..<length])) }
    }
    #expect(try EmojiNames("en", xml: whole)["&"] == "ab")
    for place in whole.indices {
      for value: UInt8 in [0, 0x26, 0x3C, 0x3E, 0x27, 0x20, 0x80] {
        var bytes = whole
        bytes[place] = value
        do { _ = try EmojiNames("en", xml: bytes) } catch is TesseraError {}
      }
    }
  }

  @Test("a language that is not there says which package to install; one that is a path is refused")
  func missing() throws {
    let folder = try TemporaryFolder()
    do {
      _ = try EmojiNames("en", cldr: folder.path)
      Issue.record("no error")
    } catch let error as TesseraError {
      #expect("\(error)".contains("apt-get install unicode-cldr-core"))
      #expect(error.path == "\(folder.path)/common/annotations/en.xml")
    }
    for name in ["../en", "", "e.n", "en/../zh"] {
      #expect {
        try EmojiNames(name, cldr: folder.path)
      } throws: {
        if case .invalidArgument? = ($0 as? TesseraError)?.reason { true } else { false }
      }
    }
  }
}
