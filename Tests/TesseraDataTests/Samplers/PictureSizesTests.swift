import Foundation
import TestSupport
import Tessera
import Testing

@Suite("sizes from headers")
struct PictureSizesTests {
  struct Listed: Dataset {
    var samples: [Sample]
    var count: Int { samples.count }
    func sample(at index: Int) throws -> Sample {
      if samples[index].name == "throws" {
        throw TesseraError(.invalidInput(operation: "x", expected: "y", got: "z"))
      }
      return samples[index]
    }
  }

  @Test(
    "sizes are those of the decoded pictures, on any number of threads", arguments: [1, 3, nil] as [Int?])
  func photos(threads: Int?) throws {
    let files = try PictureFiles(source: Repository.path("samples/photos"))
    let dataset = Listed(samples: files.files.map { Sample(.file($0.path)) })
    let read = try PictureSizes.read(dataset: dataset, threads: threads)
    #expect(read.faults.isEmpty && read.sizes.count == files.count && files.count > 20)
    for (file, size) in zip(files.files, read.sizes) {
      #expect(try ImageDecoder().decode(path: file.path).size == size, "\(file.name)")
    }
  }

  @Test("every kind of source tells its size; faults keep their place and say where they are")
  func sources() throws {
    let folder = try TemporaryFolder()
    let image = Pictures.noise(Size(width: 31, height: 17), .rgb, seed: 1)
    let png = try PNGEncoder().encode(image)
    try folder.write([9, 9, 9] + png + [7], "all.tar")
    try folder.write(Array(png.prefix(20)), "cut.png")
    let tar = "\(folder.path)/all.tar"
    let dataset = Listed(samples: [
      Sample(.section(file: tar, bytes: 3..<3 + png.count, name: "member.png")),
      Sample(.bytes(png, name: "memory")),
      Sample(.deferred(name: "later") { png }),
      Sample(.image(image)),
      Sample(.tensor(.float32(Tensor(shape: [3, 17, 31], [Float](repeating: 0, count: 3 * 17 * 31))))),
      Sample(.file("\(folder.path)/cut.png")),
      Sample(.file("\(folder.path)/missing.png")),
      Sample(.section(file: tar, bytes: 5..<40, name: "wrong.png")),
      Sample(name: "text alone"),
      Sample(name: "throws"),
      Sample(.tensor(.float32(Tensor(shape: [3], [1, 2, 3])))),
    ])
    let read = try PictureSizes.read(dataset: dataset, threads: 2)
    #expect(read.sizes == [Size?](repeating: image.size, count: 5) + [Size?](repeating: nil, count: 6))
    #expect(read.faults.map(\.index) == [5, 6, 7, 8, 9, 10])
    #expect(read.faults[0].path == "\(folder.path)/cut.png" && read.faults[0].stage == .header)
    #expect(read.faults[1].stage == .read && read.faults[2].path == "wrong.png")
    #expect(try PictureSizes.read(dataset: Listed(samples: [])).sizes.isEmpty)
  }

  @Test("orientation counts where the recipe's policy applies it")
  func orientation() throws {
    let files = try PictureFiles(source: Repository.path("samples/photos"))
    let turned = try files.files.filter {
      let header = try ImageHeader(path: $0.path)
      return header.orientedSize != header.size
    }
    #expect(!turned.isEmpty)
    var stored = DecodePolicy.tessera
    stored.orientation = .ignore
    for file in turned {
      let header = try ImageHeader(path: file.path)
      var sample = Sample(.file(file.path))
      #expect(try PictureSizes.read(dataset: Listed(samples: [sample])).sizes == [header.orientedSize])
      sample.recipe = Recipe(Pipeline { ToTensor() }, policy: stored)
      #expect(try PictureSizes.read(dataset: Listed(samples: [sample])).sizes == [header.size])
    }
  }
}
