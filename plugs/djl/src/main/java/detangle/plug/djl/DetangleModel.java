package detangle.plug.djl;

import ai.djl.BaseModel;
import ai.djl.ndarray.NDManager;
import detangle.pipelines.Pipeline;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * A model of the engine: a folder or an artifact. Which pipeline runs it follows from the types that the program asks
 * for, so that a {@link DetangleTranslatorFactory} loads it and {@link #close} closes it.
 */
final class DetangleModel extends BaseModel {
    private Optional<Pipeline> pipeline = Optional.empty();
    private Map<String, ?> options = Map.of();

    DetangleModel(String name, NDManager manager) {
        super(name);
        this.manager = manager;
    }

    /** Notes where the model is. */
    @Override
    public void load(Path path, String prefix, Map<String, ?> options) throws IOException {
        if (!Files.exists(path)) {
            throw new FileNotFoundException(path + ": there is no such model");
        }
        this.options = options == null ? Map.of() : Map.copyOf(options);
        modelDir = path;
    }

    /** Returns the options that the program gave, {@code Criteria.optOption}. */
    Map<String, ?> options() {
        return options;
    }

    /** Takes the pipeline that runs this model, and what it does with a list of inputs. */
    void run(PipelineBlock loaded) {
        pipeline.ifPresent(Pipeline::close);
        pipeline = Optional.of(loaded.pipeline());
        setBlock(loaded);
    }

    @Override
    public void close() {
        pipeline.ifPresent(Pipeline::close);
        pipeline = Optional.empty();
        super.close();
    }
}
