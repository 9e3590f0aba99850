import Foundation
import TestSupport
import Tessera
import TesseraData
import Testing

@Suite("JSON read from bytes")
struct JSONReaderTests {
  /// The value written again, for Python to compare.
  static func text(_ value: JSONValue) -> JSONText {
    switch value {
    case .null: .null
    case .bool(let value): .bool(value)
    case .int(let value): .int(value)
    case .double(let value): .double(value)
    case .string(let value): .string(value)
    case .array(let values): .array(values.map(text))
    case .object(let members): .object(members.map { ($0.name, text($0.value)) })
    }
  }

  /// A document made up of everything that JSON has.
  static func document(_ random: inout RandomStream, depth: Int = 0) -> String {
    func space() -> String { ["", "", "", " ", "\n", "\t\r\n "][random.integer(in: 0...5)] }
    let strings = [
      "", "a", "é", "𝒳", "\\n\\\"\\\\\\/", "\\u00e9", "\\ud835\\udcb3", "[{", "}]", ",:", "\\u0000",
      "a\u{7F}",
    ]
    let numbers = [
      "0", "-0", "12", "-7", "1.5", "2e3", "1E-2", "9223372036854775807", "0.1", "1e308", "-0.0",
    ]
    switch random.integer(in: depth > 3 ? 2...6 : 0...6) {
    case 0:
      let items = (0..<random.integer(in: 0...4)).map { _ in document(&random, depth: depth + 1) }
      return space() + "[" + space() + items.joined(separator: space() + ",") + space() + "]" + space()
    case 1:
      let items = (0..<random.integer(in: 0...4)).map { _ in
        "\"\(strings[random.integer(in: 0...strings.count - 1)])\"" + space() + ":"
          + document(&random, depth: depth + 1)
      }
      return space() + "{" + items.joined(separator: "," + space()) + space() + "}"
    case 2: return space() + ["true", "false", "null"][random.integer(in: 0...2)]
    case 3, 4: return numbers[random.integer(in: 0...numbers.count - 1)] + space()
    default: return "\"" + strings[random.integer(in: 0...strings.count - 1)] + "\""
    }
  }

  @Test("Python reads the same from whole and from damaged documents, and refuses the same")
  func parity() async throws {
    var random = RandomStream(seed: 11)
    var blob: [UInt8] = []
    var lengths: [Int] = []
    var ours: [JSONText] = []
    var refused = 0
    for trial in 0..<4000 {
      var bytes = Array(Self.document(&random).utf8)
      if trial % 2 == 1 && !bytes.isEmpty {
        // One edit: a byte changed, taken away or put in, or the end cut off.
        let at = random.integer(in: 0...bytes.count - 1)
        let bits = Array("{}[]\",:\\0-.eEtn\u{1}\u{FF}".utf8)
        let byte = bits[random.integer(in: 0...bits.count - 1)]
        switch random.integer(in: 0...3) {
        case 0: bytes[at] = byte
        case 1: bytes.remove(at: at)
        case 2: bytes.insert(byte, at: at)
        default: bytes.removeSubrange(at...)
        }
      }
      blob += bytes
      lengths.append(bytes.count)
      do { ours.append(.string(Self.text(try JSONReader.read(bytes)).text)) } catch is TesseraError {
        ours.append(.null)
        refused += 1
      }
    }
    #expect(refused > 500 && refused < 2000)
    let reply = try await Oracle.pillow13.run(
      """
      def refuse(_):
          raise ValueError
      def number(text):
          if float(text) in (float('inf'), -float('inf')):
              raise ValueError
          return float(text)
      out, at = [], 0
      for length, mine in zip(lengths, ours):
          text, at = blob[at:at + length], at + length
          try:
              theirs = json.loads(text.decode('utf-8'), parse_constant=refuse, parse_float=number)
              json.dumps(theirs, ensure_ascii=False).encode('utf-8')  # half a surrogate pair is no character
              ok = mine is not None and json.loads(mine) == theirs
          except ValueError:
              ok = mine is None
          if not ok:
              out.append(repr([text, mine]))
      """,
      [
        "blob": .bytes(blob), "lengths": .json("\(lengths)"), "ours": .json(JSONText.array(ours).text),
      ])
    let disagreements = try reply.json([String].self)
    #expect(disagreements == [])
  }

  @Test(
    "what is wrong is said with the byte at which it is",
    arguments: [
      ("[1 2]", "expected ',' or ']' at byte 103, found 2"),
      ("{\"a\" 1}", "expected ':' at byte 105, found 1"),
      ("[01]", "expected a number without leading zeros at byte 101, found 0"),
      ("\"a\u{1}\"", "expected no control character in a string at byte 102, found byte 0x01"),
      ("1e999", "expected a number that a Double holds at byte 100, found 1"),
      ("{\"a\": 1", "JSON ends early, after 107 bytes"), ("tru", "JSON ends early, after 103 bytes"),
      ("\"\\ud800x\"", "expected the second half of a surrogate pair at byte 107, found x"),
      ("[1] x", "expected the end at byte 104, found x"), ("", "JSON ends early, after 100 bytes"),
    ])
  func places(_ text: String, _ message: String) {
    let error = #expect(throws: TesseraError.self) { try JSONReader.read(Array(text.utf8), base: 100) }
    #expect(error?.description.hasSuffix(message) == true, "\(String(describing: error))")
  }

  @Test("a string that is not UTF-8 and nesting beyond the limit are refused")
  func refused() {
    #expect(throws: TesseraError.self) { try JSONReader.read([0x22, 0xFF, 0x22]) }
    let deep = String(repeating: "[", count: JSONReader.depthLimit)
    #expect(throws: Never.self) {
      try JSONReader.read(Array((deep + String(repeating: "]", count: JSONReader.depthLimit)).utf8))
    }
    let error = #expect(throws: TesseraError.self) { try JSONReader.read(Array(("[" + deep).utf8)) }
    guard case .limitExceeded = error?.reason else {
      Issue.record("got \(String(describing: error))")
      return
    }
  }

  @Test("whole numbers beyond 64 bits become the nearest Double; of two members of one name the last counts")
  func values() throws {
    guard case .double(let big) = try JSONReader.read(Array("9223372036854775808".utf8)) else {
      Issue.record("no double")
      return
    }
    #expect(big == 9223372036854775808)
    guard case .int(2)? = try JSONReader.read(Array(#"{"a": 1, "a": 2}"#.utf8))["a"] else {
      Issue.record("not the last")
      return
    }
  }

  @Test("the elements of an array are found wherever the file is cut, and the cut says its byte")
  func outlineOfCuts() throws {
    let elements = [#"{"a": "]}\"\\"}"#, "[1, [2, {}]]", "\"x,y\"", "-1.5e3", "true", "{}", "[]"]
    let text = Array(("\u{FEFF} [" + elements.joined(separator: " ,\n") + " ] ").utf8)
    for cut in 1...text.count {
      let file = try RecordFile(bytes: Array(text[..<cut]), name: "cut")
      let outline = try JSONOutline(file)
      let spans = outline.arrays[""]
      let found = (0..<(spans?.count ?? 0)).map { String(decoding: text[spans![$0]], as: UTF8.self) }
      // Every element is whole, and they are the first ones; a number at the cut may go on, and is none yet.
      #expect(found == Array(elements.prefix(found.count)))
      if cut >= text.count - 1 {
        #expect(outline.fault == nil && found.count == elements.count)
      } else {
        #expect(outline.fault?.reason == .truncated(format: "JSON", expected: nil, got: cut, unit: "bytes"))
      }
    }
  }

  @Test("an object's arrays and members are found, and a wrong byte ends the outline there")
  func outlineOfObject() throws {
    let text = #"{"info": {"x": [1]}, "images": [{"id": 1}, {"id": 2}], "n": 3 , "empty": [ ]}"#
    let outline = try JSONOutline(RecordFile(bytes: Array(text.utf8), name: "object"))
    #expect(outline.fault == nil)
    #expect(outline.arrays.mapValues(\.count) == ["images": 2, "empty": 0])
    #expect(Set(outline.members.keys) == ["info", "n"])
    for (wrong, message) in [
      ("[1, 2 3]", "expected ',' or ']' at byte 6, found 3"),
      ("[1, ]", "expected a value at byte 4, found ]"),
      ("[1]x", "expected the end at byte 3, found x"), ("7", "expected '[' or '{' at byte 0, found 7"),
      (#"{"a": [1], }"#, "expected a name in quotes at byte 11, found }"),
    ] {
      let outline = try JSONOutline(RecordFile(bytes: Array(wrong.utf8), name: "wrong"))
      #expect(
        outline.fault?.description.hasSuffix(message) == true,
        "\(wrong): \(String(describing: outline.fault))")
    }
  }
}
