/** An engine of DJL that runs models by pipelines. */
package detangle.plug.djl;
