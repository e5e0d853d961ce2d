package detangle.hostile;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** Every way in which strangers' files enter Detangle, by what the files are. */
enum Readers {
    SAFETENSORS("safetensors files", 5000, new SafetensorsFileReader(), new ShardIndexReader()),
    PICKLES(".bin files", 2000, new TorchDictionaryReader(), new TorchStreamReader(), new TorchZipReader()),
    ARTIFACTS("artifacts", 2000, new ArtifactFileReader(), new StoredProgramReader()),
    MODELS(
            "configurations and tokenizers",
            2000,
            new ModelReader(),
            new SentenceReader(),
            new ByteLevelReader(),
            new SentencePieceReader(),
            new TokenizerJsonReader(),
            new TokenizerSettingsReader(),
            new VocabTxtReader()),
    PROGRAMS("IR texts", 20_000, new ProgramReader()),
    EXTRACTORS("models of the GLiNER family", 1000, new GliclassReader(), new GlinerReader(), new Gliner2Reader()),
    ADAPTERS("adapters", 500, new AdapterReader()),
    TRAINING("files and states of training", 1000, new TrainingFilesReader(), new TrainingStateReader()),
    ROWS("rows and cases", 1500, new CaseReader(), new ParquetReader(), new RowsReader()),
    HUB("caches of the hub", 500, new HubCacheReader());

    private final String files;
    private final int night;
    private final List<Reader> readers;

    Readers(String files, int night, Reader... readers) {
        this.files = files;
        this.night = night;
        this.readers = List.of(readers);
    }

    /** What the files are, for reports. */
    String files() {
        return files;
    }

    List<Reader> readers() {
        return readers;
    }

    /** How many mutants each of the readers is given in a night, so that all of them have the number of this kind. */
    int mutantsOfNight() {
        return Math.ceilDiv(night, readers.size());
    }

    static Stream<Reader> all() {
        return Arrays.stream(values()).flatMap(kind -> kind.readers.stream());
    }

    static Readers of(Reader reader) {
        return Arrays.stream(values())
                .filter(kind -> kind.readers.contains(reader))
                .findFirst()
                .orElseThrow();
    }
}
