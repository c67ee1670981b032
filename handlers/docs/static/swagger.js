// Draws the OpenAPI document. A file of its own, so that the page needs no inline script.
SwaggerUIBundle({
  url: "/swagger/json",
  dom_id: "#swagger-ui",
  presets: [SwaggerUIBundle.presets.apis, SwaggerUIBundle.SwaggerUIStandalonePreset],
  deepLinking: true,
  displayRequestDuration: true,
  persistAuthorization: false,
  tryItOutEnabled: true,
});
