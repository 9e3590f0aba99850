import Foundation
import TestSupport
import Tessera
import Testing

@Suite("pack, unpack and split") struct PackCommandTests {
  static let photos = Repository.path("samples/photos")

  @Test(
    "wrong usage exits with 64 and says what is allowed",
    arguments: [
      (["pack", "a", "b"], "--format"), (["pack", "a", "b", "--format", "zip"], "webdataset"),
      (["pack", "a", "b", "--format", "webdataset", "--with", "resize(3)"], "are for safetensors"),
      (["pack", "a", "b", "--format", "webdataset", "--seed", "3"], "are for safetensors"),
      (["pack", "a", "b", "--format", "webdataset", "--profile", "pillow"], "are for safetensors"),
      (["pack", "a", "b", "--format", "safetensors"], "--with"),
      (["pack", "a", "b", "--format", "safetensors", "--with", "resize(3)", "--verify"], "for webdataset"),
      (["split", "a.tar", "b", "--fractions", "0.5,0.5"], "unpack"),
      (["pack", "a", "b", "--format", "webdataset", "--shard-size", "0"], "at least 1"),
      (["unpack", "a.tar"], "src… dst"),
      (["split", "a", "b"], "--fractions"), (["split", "a", "b", "--fractions", "0.5,x"], "numbers"),
      (["split", "a", "b", "--fractions", "0.7,0.1,0.1,0.1"], "--names"),
      (["split", "a", "b", "--fractions", "0.5,0.5", "--names", "a,../b"], "--names"),
      (["split", photos, "b", "--fractions", "0.9,0.9"], "at most 1"),
    ])
  func usage(_ arguments: [String], _ hint: String) throws {
    let result = try Command.run(arguments)
    #expect(result.status == 64)
    #expect(result.errors.contains(hint), "\(result.errors)")
  }

  @Test("the samples go into shards and out again, byte for byte") func roundTrip() throws {
    let folder = try TemporaryFolder()
    let pack = try Command.run([
      "pack", Self.photos, folder.path + "/shards", "--format", "webdataset", "--shard-size", "10",
      "--verify",
    ])
    #expect(pack.status == 0, "\(pack.errors)")
    let count = try TemporaryFolder.contents(folder.path + "/shards").keys.count { $0.hasSuffix(".tar") }
    let tars = folder.path + "/shards/shard-{000000..00000\(count - 1)}.tar"
    let unpack = try Command.run(["unpack", tars, folder.path + "/out", "--json"])
    #expect(unpack.status == 0, "\(unpack.errors)")
    let list = try PictureFiles(source: Self.photos)
    let files = try TemporaryFolder.contents(folder.path + "/out")
    var found = 0
    for file in list.files {
      let bytes = Data(try FileIO.read(file.path))
      found += files.values.contains(bytes) ? 1 : 0
    }
    #expect(found == list.count && list.count >= 24)
    // Packed again from the tars, the same shards come out.
    let again = try Command.run([
      "pack", tars, folder.path + "/again", "--format", "webdataset", "--shard-size", "10", "--threads", "3",
    ])
    #expect(again.status == 0, "\(again.errors)")
    let (a, b) = (
      try TemporaryFolder.contents(folder.path + "/shards"),
      try TemporaryFolder.contents(folder.path + "/again")
    )
    for name in a.keys where name.hasSuffix(".tar") { #expect(a[name] == b[name]) }
  }

  @Test("--lossless-baseline counts what it did, and changes no pixel") func baseline() throws {
    let folder = try TemporaryFolder()
    let result = try Command.run([
      "pack", Self.photos, folder.path, "--format", "webdataset", "--lossless-baseline", "--json",
    ])
    #expect(result.status == 0)
    let list = try PictureFiles(source: Self.photos)
    let progressive = try list.files.filter { try ImageHeader(path: $0.path).isProgressive }
    #expect(!progressive.isEmpty)
    #expect(result.output.contains("\"rewritten_as_baseline\":\(progressive.count)"), "\(result.output)")
    let data = try WebDataset(folder.path + "/shard-000000.tar")
    #expect(data.count == list.count)
    for i in 0..<data.count {
      let bytes = try #require(try data[i].pictures[0].encodedBytes())
      #expect(try !ImageHeader(bytes: bytes).isProgressive)
      #expect(try ImageDecoder().decode(bytes) == ImageDecoder().decode(path: list[i].path))
    }
  }

  @Test("safetensors is what preprocess writes") func safetensors() throws {
    let folder = try TemporaryFolder()
    let options = ["--with", "random_resized_crop(32)", "--seed", "4", "--shard-size", "12"]
    let pack = try Command.run(
      ["pack", Self.photos, folder.path + "/a", "--format", "safetensors"] + options)
    let plain = try Command.run(
      ["preprocess", Self.photos, folder.path + "/b", "--format", "safetensors"] + options)
    #expect(pack.status == 0 && plain.status == 0)
    #expect(try TemporaryFolder.contents(folder.path + "/a") == TemporaryFolder.contents(folder.path + "/b"))
    let images = try SafetensorsFile(folder.path + "/a/shard-00000.safetensors").tensor("images")
    #expect(images.shape == [12, 3, 32, 32] && images.dataType == .uint8)
  }

  @Test("captions and conversations are packed with their pictures") func captions() throws {
    let (source, folder) = (try TemporaryFolder(), try TemporaryFolder())
    for i in 0..<4 {
      let image = Pictures.noise(Size(4 + i), .rgb, seed: UInt64(i))
      try source.write(try PNGEncoder().encode(image), "\(i % 2 == 0 ? "cat" : "dog")/\(i).png")
    }
    try folder.write(
      """
      {"image": "cat/2.png", "caption": "a cat"}
      {"image": "dog/1.png", "caption": "a dog"}
      {"image": "dog/9.png", "caption": "nobody"}
      """, "captions.jsonl")
    let result = try Command.run([
      "pack", source.path, folder.path + "/a", "--format", "webdataset", "--captions",
      folder.path + "/captions.jsonl", "--on-error", "skip",
    ])
    #expect(result.status == 1 && result.output.contains("2 of 3 samples"), "\(result.errors)")
    let data = try WebDataset(folder.path + "/a/shard-000000.tar")
    #expect(try data.count == 2 && data[0].text == "a cat" && data[1].text == "a dog")
    #expect(try data[0].label == 0 && data[1].label == 1 && data.classes == ["cat", "dog"])
    #expect(try data[1].pictures[0].encodedBytes() == FileIO.read(source.path + "/dog/1.png"))
    try folder.write(
      """
      [{"id": "7", "image": "dog/3.png", "conversations": [{"from": "human", "value": "<image>\\nWho?"},
        {"from": "gpt", "value": "A dog."}]}]
      """, "chat.json")
    let chat = try Command.run([
      "pack", source.path, folder.path + "/b", "--format", "webdataset", "--captions",
      folder.path + "/chat.json",
    ])
    #expect(chat.status == 0, "\(chat.errors)")
    let sample = try WebDataset(folder.path + "/b/shard-000000.tar")[0]
    #expect(sample.conversation == [.init(.user, "<image>\nWho?"), .init(.assistant, "A dog.")])
    #expect(try sample.pictures[0].encodedBytes() == FileIO.read(source.path + "/dog/3.png"))
  }

  @Test("after kill -9 at any moment, --resume makes the folder of an uninterrupted run") func kill() throws {
    let source = try KillTests.manyPictures()
    func arguments(_ destination: String) -> [String] {
      [
        "pack", source.path, destination, "--format", "webdataset", "--shard-size", "30",
        "--lossless-baseline", "--verify",
      ]
    }
    let whole = try TemporaryFolder()
    let started = Date()
    #expect(try Command.run(arguments(whole.path)).status == 0)
    let seconds = Date().timeIntervalSince(started)
    let expected = try TemporaryFolder.contents(whole.path)
    var random = RandomStream(seed: 9)
    let destination = try TemporaryFolder()
    var kills = 0
    for _ in 0..<3 {
      let moment = random.uniform(0.05...0.6) * seconds
      kills +=
        try Command.interrupt(arguments(destination.path) + ["--resume"], after: moment, with: SIGKILL)
        ? 1 : 0
    }
    #expect(kills > 0)
    #expect(try Command.run(arguments(destination.path) + ["--resume", "--threads", "3"]).status == 0)
    let resumed = try TemporaryFolder.contents(destination.path)
    #expect(Set(resumed.keys) == Set(expected.keys))
    #expect(resumed == expected)
  }

  @Test("split writes lists that the other commands read: each picture once, the same every time")
  func split() throws {
    let (source, folder) = (try TemporaryFolder(), try TemporaryFolder())
    let picture = try PNGEncoder().encode(Pictures.noise(Size(4), .rgb, seed: 1))
    for i in 0..<100 { try source.write(picture, "\(i % 4 == 0 ? "cat" : "dog")/\(i).png") }
    func split(_ name: String, _ more: [String] = []) throws -> [[String]] {
      let result = try Command.run(
        ["split", source.path, "\(folder.path)/\(name)", "--fractions", "0.8,0.1,0.1"] + more)
      #expect(result.status == 0, "\(result.errors)")
      return try ["train", "val", "test"].map { try folder.lines("\(name)/\($0).jsonl") }
    }
    let parts = try split("a", ["--seed", "3", "--stratified"])
    #expect(parts.map(\.count) == [80, 10, 10] && Set(parts.joined()).count == 100)
    #expect(parts.map { $0.count { $0.contains("\"cat\"") } }[0] == 20)
    #expect(try split("b", ["--seed", "3", "--stratified"]) == parts)
    #expect(try split("c", ["--seed", "4"]) != parts)
    let list = try PictureFiles(source: folder.path + "/a/val.jsonl")
    #expect(list.count == 10 && list.classes == ["cat", "dog"])
    let pack = try Command.run([
      "pack", folder.path + "/a/val.jsonl", folder.path + "/p", "--format", "webdataset",
    ])
    #expect(pack.status == 0 && pack.output.contains("10 of 10"), "\(pack.errors)")
    // Lists that are there stay, but for --force.
    let again = ["split", source.path, folder.path + "/a", "--fractions", "1"]
    #expect(try Command.run(again).status == 64)
    #expect(try Command.run(again + ["--force"]).status == 0)
    #expect(try folder.lines("a/train.jsonl").count == 100)
  }
}

@Suite("pack --captions") struct PackCaptionsTests {
  static let photos = Repository.path("samples/photos")

  /// A list of captions, and one of conversations, about sample pictures; a second process's part too.
  private func lists(in folder: String) throws -> (pictures: [PictureFile], captions: String, talks: String) {
    let pictures = Array(try PictureFiles(source: Self.photos).files.prefix(7))
    let captions = pictures.enumerated().map { number, file in
      JSONText.object([("image", .string(file.name)), ("caption", .string("caption \(number) “é”\n"))]).text
    }
    let talks = pictures.enumerated().map { number, file in
      """
      {"id":"\(number)","image":"\(file.name)","conversations":[{"from":"human","value":"<image>\\nWhat?"},\
      {"from":"gpt","value":"Number \(number)."}]}
      """
    }
    try AtomicFile.write(Array((captions.joined(separator: "\n") + "\n").utf8), to: folder + "/c.jsonl")
    try AtomicFile.write(Array(("[" + talks.joined(separator: ",\n") + "]").utf8), to: folder + "/t.json")
    return (pictures, folder + "/c.jsonl", folder + "/t.json")
  }

  private func pack(_ list: String, to folder: String, _ more: [String] = []) throws -> Command.Result {
    try Command.run(
      [
        "pack", Self.photos, folder, "--format", "safetensors", "--with",
        "resize(24)|center_crop(16)|to_tensor",
        "--captions", list, "--shard-size", "3",
      ] + more)
  }

  @Test("captions, labels and conversations come back from packed arrays") func readBack() throws {
    let folder = try TemporaryFolder()
    let (pictures, captions, talks) = try lists(in: folder.path)
    let classes = try PictureFiles(source: Self.photos).classes
    var result = try pack(captions, to: folder.path + "/c")
    #expect(result.status == 0, "\(result.errors)")
    let described = try TensorDataset(folder.path + "/c")
    #expect(described.count == 7 && described.classes == classes)
    for (number, file) in pictures.enumerated() {
      let sample = try described.sample(at: number)
      #expect(sample.text == "caption \(number) “é”\n")
      #expect(sample.label == file.label && sample.conversation.isEmpty)
    }
    result = try pack(talks, to: folder.path + "/t")
    #expect(result.status == 0, "\(result.errors)")
    let told = try TensorDataset(folder.path + "/t")
    let expected = try ConversationDataset(talks, root: Self.photos)
    for number in 0..<7 {
      #expect(try told.sample(at: number).conversation == expected.sample(at: number).conversation)
      #expect(try !told.sample(at: number).conversation.isEmpty)
    }
    // The same arrays with and without words.
    #expect(
      try FileIO.read(folder.path + "/t/shard-00001.safetensors").suffix(3 * 3 * 16 * 16 * 4)
        == FileIO.read(folder.path + "/c/shard-00001.safetensors").suffix(3 * 3 * 16 * 16 * 4))
    #expect(try described.fingerprint() != told.fingerprint())
  }

  @Test("two processes and a merge give the bytes of one; other captions are refused by --resume")
  func parts() throws {
    let folder = try TemporaryFolder()
    let (_, captions, talks) = try lists(in: folder.path)
    #expect(try pack(captions, to: folder.path + "/one").status == 0)
    for part in ["0/2", "1/2"] {
      let result = try pack(captions, to: folder.path + "/two", ["--shard", part])
      #expect(result.status == 0, "\(result.errors)")
    }
    #expect(try Command.run(["merge", folder.path + "/two"]).status == 0)
    #expect(
      try TemporaryFolder.contents(folder.path + "/one") == TemporaryFolder.contents(folder.path + "/two"))
    let refused = try pack(talks, to: folder.path + "/one", ["--resume"])
    #expect(refused.status != 0 && refused.errors.contains("captions"), "\(refused.errors)")
  }

  @Test("a record without a picture costs itself only") func faults() throws {
    let folder = try TemporaryFolder()
    let (pictures, _, _) = try lists(in: folder.path)
    let lines = [
      #"{"image":"\#(pictures[0].name)","text":"a"}"#, #"{"text":"no picture"}"#,
      #"{"image":"missing.jpg","text":"b"}"#,
      #"{"image":"\#(pictures[1].name)","text":"c"}"#,
    ]
    try AtomicFile.write(Array((lines.joined(separator: "\n") + "\n").utf8), to: folder.path + "/f.jsonl")
    let result = try pack(folder.path + "/f.jsonl", to: folder.path + "/out", ["--on-error", "skip"])
    #expect(result.status == 1)
    #expect(result.output.contains("2 of 4 pictures done"), "\(result.output)")
    let errors = String(decoding: try FileIO.read(folder.path + "/out/errors.jsonl"), as: UTF8.self)
    #expect(errors.contains("\"sample\":1") && errors.contains("missing.jpg"), "\(errors)")
    let data = try TensorDataset(folder.path + "/out")
    #expect(try data.sample(at: 1).text == "c")
  }

  @Test("texts of tars go into the manifest of arrays that are packed from them") func tars() throws {
    let folder = try TemporaryFolder()
    let (_, _, talks) = try lists(in: folder.path)
    let tar = try Command.run([
      "pack", Self.photos, folder.path + "/tar", "--format", "webdataset", "--captions", talks,
    ])
    #expect(tar.status == 0, "\(tar.errors)")
    let arrays = try Command.run([
      "pack", folder.path + "/tar/shard-000000.tar", folder.path + "/out", "--format", "safetensors",
      "--with",
      "resize(24)|center_crop(16)|to_tensor",
    ])
    #expect(arrays.status == 0, "\(arrays.errors)")
    let data = try TensorDataset(folder.path + "/out")
    #expect(try data.sample(at: 6).conversation.last?.text == "Number 6.")
  }
}
