package detangle.peer.djl;

import ai.djl.MalformedModelException;
import ai.djl.engine.Engine;
import detangle.bench.worker.Subject;
import detangle.bench.worker.SubjectProvider;
import detangle.ir.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** TorchScript models in DJL, which take their inputs by place. */
public final class DjlSubjectProvider implements SubjectProvider {
    /** For {@link java.util.ServiceLoader}. */
    public DjlSubjectProvider() {}

    @Override
    public String name() {
        return "djl";
    }

    @Override
    public Subject load(Path model, int threads, List<String> names, String options)
            throws IOException, MalformedModelException {
        DjlModel loaded = DjlModel.load(model, threads);
        return new Subject() {
            @Override
            public String version() {
                return "DJL " + Engine.getDjlVersion() + ", PyTorch "
                        + Engine.getEngine("PyTorch").getVersion();
            }

            @Override
            public Set<String> inputs() {
                return Set.copyOf(names);
            }

            @Override
            public Forward prepare(Map<String, Tensor> inputs) {
                Stream<Tensor> ordered = names.stream().map(inputs::get);
                return loaded.prepare(ordered.toList())::run;
            }
        };
    }
}
