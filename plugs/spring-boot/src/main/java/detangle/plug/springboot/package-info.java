/** Pipelines as beans of a Spring Boot application, made of its properties. */
package detangle.plug.springboot;
