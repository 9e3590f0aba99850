internal import TesseraCore
