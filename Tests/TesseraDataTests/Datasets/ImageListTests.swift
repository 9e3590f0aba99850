import Foundation
import TestSupport
import Tessera
import TesseraData
import Testing

@Suite("lists of pictures with columns")
struct ImageListTests {
  @Test("CSV rows become samples: paths below the list, classes in scalar order, texts in quotes")
  func csv() throws {
    let folder = try TemporaryFolder()
    try folder.write(
      "\u{FEFF}image,class,caption\r\na.png,dog,\"two, or\r\nthree \"\"dogs\"\"\"\r\n\r\n/abs/b.png,Cat,\r\nsub/c.png,,x",
      "list.csv")
    let list = try ImageList(folder.path + "/list.csv")
    #expect(list.count == 3 && list.classes == ["Cat", "dog"])
    let samples = try (0..<3).map { try list.sample(at: $0) }
    #expect(samples.map(\.name) == ["a.png", "/abs/b.png", "sub/c.png"])
    #expect(
      samples.map { $0.pictures[0].name } == [
        folder.path + "/a.png", "/abs/b.png", folder.path + "/sub/c.png",
      ])
    #expect(samples.map(\.label) == [1, 0, nil])
    #expect(samples.map(\.text) == ["two, or\r\nthree \"dogs\"", nil, "x"])
    #expect(try (0..<3).map { try list.label(at: $0) } == [1, 0, nil])
  }

  @Test("JSONL gives what CSV gives; named columns and another root are taken")
  func jsonLines() throws {
    let folder = try TemporaryFolder()
    try folder.write("p\tk\tw\na.png\tx\thello\nb.png\ty\té\n", "list.tsv")
    try folder.write(
      #"{"p": "a.png", "k": "x", "w": "hello"}"# + "\r\n\r\n"
        + #"{"w": "\u00e9", "other": [1], "k": "y", "p": "b.png"}"#,
      "list.jsonl")
    try folder.write(#"[{"p": "a.png", "k": "x", "w": "hello"}, {"p":"b.png","k":"y","w":"é"}]"#, "list.json")
    for name in ["list.tsv", "list.jsonl", "list.json"] {
      let list = try ImageList(folder.path + "/" + name, path: "p", label: "k", text: "w", root: "/pictures")
      #expect(list.classes == ["x", "y"])
      let samples = try (0..<list.count).map { try list.sample(at: $0) }
      #expect(samples.map { $0.pictures[0].name } == ["/pictures/a.png", "/pictures/b.png"])
      #expect(samples.map(\.label) == [0, 1] && samples.map(\.text) == ["hello", "é"])
    }
  }

  @Test("tables that Python's csv writes are read as Python reads them")
  func parity() async throws {
    let reply = try await Oracle.pillow13.run(
      """
      import csv, random
      random.seed(5)
      parts = ['a', 'é', '"', ',', '\\n', '\\r\\n', ' ', '\\t', '""', '𝒳', 'x.png', '#']
      out = []
      for trial in range(150):
          end = random.choice(['\\r\\n', '\\n'])
          quoting = random.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
          rows = [[''.join(random.choices(parts, k=random.randrange(5))) for _ in range(3)]
                  for _ in range(random.randrange(8))]
          sink = io.StringIO(newline='')
          csv.writer(sink, lineterminator=end, quoting=quoting).writerows([['a', 'b', 'c']] + rows)
          text = sink.getvalue()
          if random.random() < 0.3:
              text = text[:-len(end)]
          read = list(csv.reader(io.StringIO(text, newline='')))[1:]
          out.append({'text': text, 'rows': read})
      """)
    struct Case: Decodable {
      var text: String
      var rows: [[String]]
    }
    for test in try reply.json([Case].self) {
      let table = try RecordTable(
        RecordFile(bytes: Array(test.text.utf8), name: "t.csv"), fileExtension: "csv")
      let rows = try (0..<table.count).map { row in
        let record = try table.record(at: row).value
        return ["a", "b", "c"].map { name -> String? in
          if case .string(let text)? = record[name] { text } else { nil }
        }
      }
      #expect(rows == test.rows, "\(test.text)")
    }
  }

  @Test("a bad row keeps its index, throws with its line, and costs no other")
  func badRows() throws {
    let folder = try TemporaryFolder()
    let rows: [[UInt8]] = [
      Array("a.png,x".utf8), Array("b.png".utf8), Array("c.png,\"y\"z".utf8),
      Array("d".utf8) + [0xFF] + Array(".png,x".utf8),
      Array(",x".utf8), Array("e".utf8) + [0] + Array(".png,x".utf8), Array("\"never closed,x".utf8),
      Array("f.png,x".utf8), Array("g.png,\"x".utf8), Array("h.png,y".utf8),
    ]
    try folder.write(Array(([Array("path,label".utf8)] + rows).joined(separator: [10])), "list.csv")
    let list = try ImageList(folder.path + "/list.csv")
    try #require(list.count == rows.count)
    #expect(list.classes == ["x", "y"])
    let faults = list.validate(checkingFiles: false)
    #expect(faults.map(\.index) == [1, 2, 3, 4, 5, 6, 8])
    for fault in faults {
      #expect(fault.description.contains("line \(fault.index! + 2): "), "\(fault)")
      #expect(fault.path == folder.path + "/list.csv" && fault.stage == .list)
    }
    for good in [0, 7, 9] { #expect(throws: Never.self) { try list.sample(at: good) } }
    #expect(try list.label(at: 9) == 1)
  }

  @Test("one bad row anywhere between good ones costs one index and changes no other row")
  func oneBadRow() throws {
    var random = RandomStream(seed: 21)
    let fields = ["a.png", "\"b, c\"", "\"two\nlines\"", "\"say \"\"x\"\" now\"", "é", "\"quoted\""]
    let values = ["a.png", "b, c", "two\nlines", "say \"x\" now", "é", "quoted"]
    let bad = ["\"open,x", "x,\"open", "\"a\"b,c", "one", "1,2,3", "x,\"a\"\"", "\u{1},\"\"y"]
    for trial in 0..<400 {
      let rows = (0..<random.integer(in: 1...12)).map { _ in
        [random.integer(in: 0...fields.count - 1), random.integer(in: 0...fields.count - 1)]
      }
      let at = random.integer(in: 0...rows.count)
      var lines = rows.map { "\(fields[$0[0]]),\(fields[$0[1]])" }
      lines.insert(bad[random.integer(in: 0...bad.count - 1)], at: at)
      let text = (["p,q"] + lines).joined(separator: trial % 2 == 0 ? "\n" : "\r\n")
      let table = try RecordTable(RecordFile(bytes: Array(text.utf8), name: "t"), fileExtension: "csv")
      try #require(table.count == rows.count + 1, "\(lines)")
      for (number, row) in rows.enumerated() {
        let record = try table.record(at: number < at ? number : number + 1).value
        for (name, field) in zip(["p", "q"], row) {
          guard case .string(let value)? = record[name] else {
            Issue.record("no \(name)")
            continue
          }
          #expect(value == values[field], "\(lines)")
        }
      }
      let error = #expect(throws: TesseraError.self, "\(lines)") { try table.record(at: at) }
      let line = 2 + lines[..<at].reduce(at) { $0 + $1.utf8.count { $0 == 10 } }
      #expect(error?.description.contains("line \(line): ") == true, "\(lines): \(String(describing: error))")
    }
  }

  @Test("a list that comes through a pipe is read whole")
  func pipe() async throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/list.csv"
    #expect(mkfifo(path, 0o600) == 0)
    let text = "path\n" + (0..<20000).map { "\($0).png\n" }.joined()
    let writer = Thread {
      guard let file = fopen(path, "w") else { return }
      fputs(text, file)
      fclose(file)
    }
    writer.start()
    let list = try ImageList(path)
    #expect(try list.count == 20000 && list.sample(at: 19999).name == "19999.png")
  }

  @Test("a bad JSON line keeps its index: no object, wrong types, cut short, not UTF-8")
  func badLines() throws {
    let folder = try TemporaryFolder()
    let lines: [[UInt8]] =
      [
        #"{"path": "a.png", "label": 3}"#, "[1]", #"{"path": 5}"#, #"{"path": "a.png", "label": -1}"#,
        #"{"path": "a.png", "label": 1e40}"#, #"{"path": "a.png", "label": 99999999999}"#, #"{"label": 2}"#,
        #"{"path": "a\u0000.png"}"#, #"{"path": "a.png", "label": [1]}"#, #"{"path": "a.png", "text": 5}"#,
        #"{"path": ""}"#, #"{"path": "a.png", "#, "nonsense", #"{"path": "b.png", "label": null}"#,
      ].map { Array($0.utf8) } + [Array(#"{"path": ""#.utf8) + [0xC3] + Array("\"}".utf8)]
    try folder.write(Array(lines.joined(separator: [10])), "list.jsonl")
    let list = try ImageList(folder.path + "/list.jsonl")
    #expect(list.count == lines.count && list.classes.isEmpty)
    #expect(list.validate(checkingFiles: false).map(\.index) == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14])
    #expect(try list.label(at: 0) == 3)
    #expect(try list.label(at: 13) == nil)
    for bad in [1, 3, 11] { #expect(throws: TesseraError.self) { try list.label(at: bad) } }
  }

  @Test("a picture that is not there is found by validate, with its name and index")
  func missingPictures() throws {
    let folder = try TemporaryFolder()
    try folder.write("path\na.png\nb.png\nc.png\nd\n", "list.csv")
    try folder.write([1], "a.png")
    try folder.write([], "c.png")
    try folder.write([1], "d/x")
    let list = try ImageList(folder.path + "/list.csv")
    let faults = list.validate()
    #expect(faults.map(\.index) == [1, 2, 3])
    #expect(faults.allSatisfy { $0.stage == .read } && faults[0].path == folder.path + "/b.png")
    let error = #expect(throws: TesseraError.self) { try list.sample(at: 1).pictures[0].encodedBytes() }
    #expect(error?.stage == .read && error?.path == folder.path + "/b.png")
  }

  @Test("a column that is not there is an error that names the nearest")
  func missingColumns() throws {
    let folder = try TemporaryFolder()
    try folder.write("image,klass\na.png,x\n", "list.csv")
    try folder.write(#"{"image": "a.png", "klass": "x"}"#, "list.jsonl")
    for name in ["list.csv", "list.jsonl"] {
      let error = #expect(throws: TesseraError.self) {
        try ImageList(folder.path + "/" + name, label: "class")
      }
      #expect(error?.description.contains("did you mean 'klass'?") == true, "\(String(describing: error))")
      #expect(throws: TesseraError.self) { try ImageList(folder.path + "/" + name, path: "file") }
      #expect(throws: TesseraError.self) { try ImageList(folder.path + "/" + name, text: "words") }
      #expect(try ImageList(folder.path + "/" + name).sample(at: 0).label == nil)
    }
  }

  @Test("classes that the caller gives number the rows; others throw with the nearest")
  func givenClasses() throws {
    let folder = try TemporaryFolder()
    try folder.write("path,label\na,zebra\nb,ant\nc,1\nd,zebr\ne,7\n", "list.csv")
    let list = try ImageList(folder.path + "/list.csv", classes: ["zebra", "ant"])
    #expect(try (0..<3).map { try list.label(at: $0) } == [0, 1, 1])
    let error = #expect(throws: TesseraError.self) { try list.sample(at: 3) }
    #expect(error?.description.contains("did you mean 'zebra'?") == true)
    #expect(throws: TesseraError.self) { try list.label(at: 4) }
    #expect(throws: TesseraError.self) { try ImageList(folder.path + "/list.csv", classes: ["a", "a"]) }
  }

  @Test("CSV labels that are all whole numbers stay numbers; no list may mix both kinds")
  func numbers() throws {
    let folder = try TemporaryFolder()
    try folder.write("path,label\na,10\nb,9\n", "numbers.csv")
    let numbers = try ImageList(folder.path + "/numbers.csv")
    #expect(try numbers.classes.isEmpty && numbers.label(at: 0) == 10 && numbers.label(at: 1) == 9)
    try folder.write("path,label\na,10\nb,9\nc,nine\n", "names.csv")
    let mistyped = #expect(throws: TesseraError.self) { try ImageList(folder.path + "/names.csv") }
    #expect(mistyped?.description.contains("'nine'") == true)
    #expect(
      try ImageList(folder.path + "/names.csv", classes: ["10", "9", "nine"]).label(at: 1) == 1)
    try folder.write("path,label\na,01\nb,1\n", "zeros.csv")
    #expect(try ImageList(folder.path + "/zeros.csv").classes == ["01", "1"])
    try folder.write("{\"path\": \"a\", \"label\": 1}\n{\"path\": \"b\", \"label\": \"x\"}", "mixed.jsonl")
    let error = #expect(throws: TesseraError.self) { try ImageList(folder.path + "/mixed.jsonl") }
    #expect(error?.description.contains("use one kind") == true)
  }

  @Test("files that are no list are errors: empty, without header, with a column twice, of another kind")
  func noLists() throws {
    let folder = try TemporaryFolder()
    let files: [(String, [UInt8])] = [
      ("empty.csv", []), ("empty.jsonl", []), ("blank.csv", Array("\n\r\n".utf8)),
      ("twice.csv", Array("path,label,path\n".utf8)),
      ("latin.csv", Array("path,l".utf8) + [0xE9, 10]), ("quote.csv", Array("\"path\n".utf8)),
      ("list.xlsx", [1]),
    ]
    for (name, bytes) in files {
      try folder.write(bytes, name)
      let error = #expect(throws: TesseraError.self, "\(name)") { try ImageList(folder.path + "/" + name) }
      #expect(error?.path == folder.path + "/" + name && error?.stage == .list)
    }
    #expect(throws: TesseraError.self) { try ImageList(folder.path + "/nowhere.csv") }
    try folder.write("path,label\n", "header.csv")
    #expect(try ImageList(folder.path + "/header.csv").count == 0)
    try folder.write("[]", "empty.json")
    #expect(try ImageList(folder.path + "/empty.json").count == 0)
  }

  @Test("a list that is written to while it is open is an error, not another list's rows")
  func changed() throws {
    let folder = try TemporaryFolder()
    try folder.write("path\na.png\nb.png\n", "list.csv")
    let list = try ImageList(folder.path + "/list.csv")
    let handle = try FileHandle(forWritingTo: URL(filePath: folder.path + "/list.csv"))
    try handle.write(contentsOf: Data("PATH\nx.png\ny.png\nz.png\n".utf8))
    try handle.close()
    let error = #expect(throws: TesseraError.self) { try list.sample(at: 0) }
    #expect(error?.description.contains("was changed") == true)
  }

  @Test("the fingerprint changes with rows, columns, classes and pictures' sizes, and not otherwise")
  func fingerprint() throws {
    let folder = try TemporaryFolder()
    func print(
      _ text: String = "path,label,class\na.png,x,y\n", picture: [UInt8] = [1], label: String? = nil,
      classes: [String]? = nil
    ) throws -> Fingerprint {
      try folder.write(text, "list.csv")
      try folder.write(picture, "a.png")
      return try ImageList(folder.path + "/list.csv", label: label, classes: classes).fingerprint()
    }
    let first = try print()
    #expect(try print() == first)
    let other = try TemporaryFolder()
    try other.write("path,label,class\na.png,x,y\n", "moved.csv")
    try other.write([2], "a.png")
    #expect(try ImageList(other.path + "/moved.csv").fingerprint() == first)
    let changed = [
      try print("path,label,class\na.png,z,y\n"), try print(picture: [1, 2]), try print(label: "class"),
      try print(classes: ["x", "q"]), try print("path,label,class\na.png,x,y\na.png,x,y\n"),
    ]
    #expect(Set(changed + [first]).count == changed.count + 1)
  }
}
