import Foundation
import Tessera

// What a loader costs at scale, on a folder of class folders with JPEGs:
//   swift run -c release --package-path Benchmarks LoaderScale FOLDER [samples of the long epoch]
// 1. a listing of 1.28 million paths, read from a list file; the first batch after it is known
// 2. resident memory over a long epoch
// 3. processor time an image with one thread and with two
// 4. packed uint8 224² pictures from the page cache beside the JPEG path

guard CommandLine.arguments.count > 1 else {
  print("usage: LoaderScale FOLDER [samples]")
  exit(64)
}
let folder = CommandLine.arguments[1]
let samples = CommandLine.arguments.count > 2 ? Int(CommandLine.arguments[2]) ?? 100_000 : 100_000
let work = NSTemporaryDirectory() + "tessera-scale-\(ProcessInfo.processInfo.processIdentifier)"
try FileManager.default.createDirectory(atPath: work, withIntermediateDirectories: true)
defer { try? FileManager.default.removeItem(atPath: work) }

let train = Pipeline {
  RandomResizedCrop(224)
  RandomHorizontalFlip()
  ToTensor()
  Normalize(.imageNet)
}

func seconds(_ body: () throws -> Void) rethrows -> Double {
  let start = ContinuousClock.now
  try body()
  let time = (ContinuousClock.now - start).components
  return Double(time.seconds) + Double(time.attoseconds) * 1e-18
}

func megabytes() -> Double {
  let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
  let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") } ?? ""
  return (Double(line.filter(\.isNumber)) ?? 0) / 1024
}

/// A list file of so many pictures: the folder's own, over and over, as a thousand classes.
func writeList(_ count: Int) throws -> String {
  let files = try PictureFiles(source: folder).files
  let classes = (0..<1000).map { "\"n\($0)\"" }.joined(separator: ",")
  var text = "{\"classes\":[\(classes)],\"count\":\(count),\"root\":\"\(folder)\",\"tessera_list\":1}\n"
  for number in 0..<count { text += "\(number % 1000)\t80000\t\(files[number % files.count].name)\n" }
  let path = "\(work)/train.list"
  try text.write(toFile: path, atomically: true, encoding: .utf8)
  return path
}

let million = 1_281_167
let path = try writeList(million)
var listed: ImageFolder?
print(String(format: "resident before                        %8.1f MB", megabytes()))
let listing = try seconds { listed = try ImageFolder(list: path) }
print(String(format: "list of %d paths, read         %8.3f s", million, listing))
print(String(format: "resident with the list                 %8.1f MB", megabytes()))
guard let listed else { exit(1) }

for order in [("shuffled", SampleOrdering.shuffled(seed: 1)), ("torch's order", .torchCompatible(seed: 1))] {
  let first = try seconds {
    let loader = DataLoader(listed.map(train), batchSize: 64, order: order.1, threads: 2)
    _ = try loader.epoch(0).makeBatchIterator().nextBlocking()
  }
  print(
    "first batch of 64, \(order.0)".padding(toLength: 38, withPad: " ", startingAt: 0)
      + String(format: "%8.1f ms", first * 1e3))
}

// One thread beside two, in turn, so that both see the same machine.
let some = try Subset(listed, 0..<2000)
var rates: [Int: [(cpu: Double, rate: Double)]] = [:]
for round in 0..<5 {
  for threads in [1, 2] {
    let loader = DataLoader(some.map(train), batchSize: 64, order: .shuffled(seed: 1), threads: threads)
    let epoch = loader.epoch(round)
    for batch in epoch.blocking { _ = try batch.get() }
    rates[threads, default: []].append(
      (epoch.report.cpuMillisecondsPerImage, epoch.report.imagesPerSecond))
  }
}
func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
let cpu = [1, 2].map { median(rates[$0]!.map(\.cpu)) }
let rate = [1, 2].map { median(rates[$0]!.map(\.rate)) }
let pairs = zip(rates[1]!, rates[2]!).map { $1.cpu / $0.cpu }
print(String(format: "one thread   %6.3f CPU ms/image  %7.0f images/s", cpu[0], rate[0]))
print(String(format: "two threads  %6.3f CPU ms/image  %7.0f images/s", cpu[1], rate[1]))
print(
  String(
    format: "CPU time, two threads / one, median of pairs %.3f; images/s %.2f", median(pairs),
    rate[1] / rate[0]))

// A long epoch: memory at its start, middle and end.
let long = DataLoader(
  try Subset(listed, 0..<samples).map(train), batchSize: 64, order: .shuffled(seed: 1), threads: 2)
let epoch = long.epoch(0)
var seen = 0
var marks = [samples / 100, samples / 4, samples / 2, samples * 3 / 4]
for batch in epoch.blocking {
  seen += try batch.get().count
  if let mark = marks.first, seen >= mark {
    marks.removeFirst()
    print(String(format: "resident after %6d samples            %8.1f MB", seen, megabytes()))
  }
}
print(String(format: "resident after %6d samples            %8.1f MB", seen, megabytes()))
print(epoch.report.sentence)

// Packed: the same pictures as bytes, read back from a mapped file.
let count = 2000
let packed = "\(work)/packed.safetensors"
do {
  let bytes = DataLoader(
    some.map {
      Resize(256)
      CenterCrop(224)
    }, batchSize: count, threads: 2, prefetch: 1)
  try bytes.batch(at: BatchPosition(epoch: 0, batch: 0)).write(safetensors: packed)
}
let tensors = try TensorDataset(packed)
var ratios: [Double] = []
var shown = (jpeg: 0.0, packed: 0.0)
for round in 0..<5 {
  func run(_ loader: DataLoader) throws -> Double {
    let epoch = loader.epoch(round)
    for batch in epoch.blocking { _ = try batch.get() }
    return epoch.report.imagesPerSecond
  }
  let jpeg = try run(DataLoader(some.map(train), batchSize: 64, order: .shuffled(seed: 1), threads: 2))
  let packed = try run(DataLoader(tensors, batchSize: 64, order: .shuffled(seed: 1), threads: 2))
  ratios.append(packed / jpeg)
  shown = (jpeg, packed)
}
print(
  String(
    format: "JPEG path %.0f images/s, packed %.0f images/s; ratio, median of pairs %.1f", shown.jpeg,
    shown.packed, median(ratios)))
