package web

// Views lets the outer test check the frame's own pages.
var Views = views
